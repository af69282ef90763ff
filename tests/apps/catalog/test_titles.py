"""Single titles: adding, replacing, removing, finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.catalog import commands, queries
from shuxiang.apps.stock.commands import items
from shuxiang.apps.stock.commands.categories import seed_categories
from shuxiang.formats.marc import Bibliographic, RawRecord, decode, from_record
from shuxiang.formats.marc.bibliographic import BookNumber
from shuxiang.formats.marc.iso2709 import Decoded
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.apps.stock.marc_files import isbn, iso2709, record
from tests.support.library import Contexts, Library


def described(data: bytes, charset: Any = "utf-8") -> Bibliographic:
    found = decode(RawRecord(0, 1, data), charset)
    assert isinstance(found, Decoded)
    return from_record(found.record)


@pytest.fixture
def title(library: Library, ctx: Contexts) -> str:
    data = iso2709([record(1)], "gb18030")
    return commands.add_title(
        bibliographic=described(data, "gb18030"), data=data, charset="gb18030", ctx=ctx()
    )


def test_a_title_keeps_the_bytes_it_came_in(title: str, library: Library) -> None:
    view = queries.source(title)
    assert view is not None
    assert (view.data, view.charset, view.format, view.edited) == (
        iso2709([record(1)], "gb18030"),
        "gb18030",
        "cnmarc",
        False,
    )
    described_again = queries.bibliographic(title)
    assert described_again is not None
    assert described_again.title == "西游记1"
    event = Event.objects.get()
    assert (event.type, event.title, event.clc, event.library) == (
        "title.added",
        title,
        "I",
        library.main,
    )


def test_a_title_without_a_record_gets_one(library: Library, ctx: Contexts) -> None:
    id_ = commands.add_title(
        bibliographic=Bibliographic(format="cnmarc", title="新书", clc=("I267",), year=2020),
        ctx=ctx(),
    )
    found = queries.bibliographic(id_)
    assert found is not None
    assert (found.title, found.clc, found.year) == ("新书", ("I267",), 2020)


def test_replacing_keeps_the_first_bytes(title: str, ctx: Contexts) -> None:
    """A1: what the record came in stays beside what it is now, however often it is edited."""
    first = iso2709([record(1)], "gb18030")
    for number in (2, 3):
        data = iso2709([record(number)])
        commands.replace_record(title=title, data=data, ctx=ctx())
    view = queries.source(title)
    assert view is not None
    assert (view.data, view.charset, view.edited, view.original) == (data, "utf-8", True, first)
    found = queries.title(title)
    assert found is not None
    assert (found.title, found.isbn) == ("水浒传3", isbn(3))
    assert queries.by_identifier(isbn(1)) == ()
    events = Event.objects.order_by("id").values_list("type", "data")
    assert list(events) == [
        ("title.added", ""),
        ("title.changed", '{"fields": ["extra", "isbn", "title"]}'),
        ("title.changed", '{"fields": ["extra", "isbn", "title"]}'),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"nothing of the kind", "record-unreadable"), (b"", "record-unreadable")],
)
def test_what_is_no_record_is_refused(
    title: str, ctx: Contexts, unchanged: Callable[[], Any], data: bytes, code: str
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        commands.replace_record(title=title, data=data, ctx=ctx())
    assert refused.value.decision.codes == (code,)


def test_a_title_with_items_is_not_removed(
    title: str, library: Library, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    seed_categories(ctx=ctx())
    items.add_item(title=title, barcode="1", owner=library.main, category="book", ctx=ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        commands.remove_title(title=title, ctx=ctx())
    assert refused.value.decision.codes == ("title-has-items",)


def test_removing(title: str, ctx: Contexts) -> None:
    commands.remove_title(title=title, ctx=ctx())
    assert queries.title(title) is None
    assert queries.by_identifier(isbn(1)) == ()
    event = Event.objects.get(type="title.removed")
    assert (event.title, event.quantity) == (title, -1)
    with pytest.raises(Refused) as refused:
        commands.remove_title(title=title, ctx=ctx())
    assert refused.value.decision.codes == ("title-unknown",)


def test_found_by_every_form_of_a_number(library: Library, ctx: Contexts) -> None:
    """ISBN-10 and -13, hyphens; 统一书号; several titles may share one."""
    old = Bibliographic(
        format="cnmarc",
        title="红楼梦",
        isbns=(BookNumber("7-02-000220-X", "9787020002207"),),
        unified_number="10019·3256",
    )
    first = commands.add_title(bibliographic=old, ctx=ctx())
    second = commands.add_title(bibliographic=old, ctx=ctx())
    for typed in ("7-02-000220-X", "702000220x", "978-7-02-000220-7", "10019.3256", "10019·3256"):
        assert [t.id for t in queries.by_identifier(typed)] == [first, second], typed
    assert queries.by_identifier("9787020002207", "issn") == ()
    assert queries.by_identifier("") == ()


def test_any_text_may_be_asked_for(library: Library) -> None:
    assert queries.title("robots.txt") is None
    assert queries.source("'; --") is None
    assert queries.titles([]) == {}


def test_class_counts_and_shelf_order(library: Library, ctx: Contexts) -> None:
    for name, clc in (("乙", "TP39"), ("甲", "TP312"), ("丙", "R711.1"), ("丁", "")):
        commands.add_title(
            bibliographic=Bibliographic(format="cnmarc", title=name, clc=(clc,) if clc else ()),
            ctx=ctx(),
        )
    assert queries.class_counts() == {"": 1, "R": 1, "T": 2}
    page = queries.in_class("T", limit=1)
    assert [view.title for _, view in page] == ["甲"]
    assert [view.title for _, view in queries.in_class("T", after=page[0][0])] == ["乙"]


def test_documents_hold_what_search_needs(title: str) -> None:
    ids = queries.title_ids_after()
    assert ids == (title,)
    assert queries.title_ids_after(title) == ()
    document = queries.documents(ids)[title]
    assert (document.title, document.authors, document.subjects, document.isbns) == (
        "西游记1",
        ("曹雪芹", "高鹗"),
        ("章回小说-中国-清代",),
        (isbn(1),),
    )
    assert document.abstract == "本书以贾宝玉、林黛玉的爱情故事为主线。"
