"""The short record: to CNMARC and back, and corrections that leave the rest of a record alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.catalog import commands, queries
from shuxiang.apps.catalog.commands import fingerprint
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.catalog.short import apply, names, new_record, short_of, tidied
from shuxiang.formats.marc import (
    Bibliographic,
    DataField,
    RawRecord,
    Record,
    decode,
    encode,
    from_record,
)
from shuxiang.formats.marc.iso2709 import Quarantined
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.support.library import Contexts, Library

FULL = ShortRecord(
    title="上瘾",
    subtitle="让用户养成使用习惯的四大产品逻辑",
    part_number="第2册",
    part_name="实践",
    responsibility="(美) 埃亚尔, 胡佛著 ; 钟莉婷, 杨晓红译",
    edition="2版",
    publication_place="北京",
    publisher="中信出版社",
    date="2017",
    extent="208页",
    dimensions="24cm",
    isbn="978-7-5086-7350-9",
    price_fen=4900,
    series="产品经理丛书",
    series_volume="3",
    clc="F713.55",
    audience="em",
    keywords="产品设计 ; 消费心理",
    abstract="第一段。\n第二段。",
)


def stored(record: Record) -> Record:
    """Through bytes and back."""
    found = decode(RawRecord(0, 1, encode(record)), "utf-8")
    assert not isinstance(found, Quarantined)
    return found.record


def test_what_was_typed_comes_back_from_the_record() -> None:
    record = stored(new_record(FULL, entered=date(2020, 6, 10), agency="星河区图书馆"))
    assert short_of(from_record(record)) == FULL
    assert record.leader[5:9] == "nam0"
    assert record.first("801", "b") == "星河区图书馆"
    assert record.all("701", "a") == ("埃亚尔", "胡佛")
    assert record.first("701", "c") == "(美)"
    assert record.all("702", "a") == ("钟莉婷", "杨晓红")
    assert record.first("702", "4") == "译"


def test_a_price_stays_without_an_isbn() -> None:
    short = ShortRecord(title="县志", price_fen=1250)
    record = stored(new_record(short, entered=date(2020, 6, 10)))
    assert short_of(from_record(record)) == short
    assert record.first("010", "d") == "CNY12.50"


def test_a_book_before_1987_has_its_own_kind_of_number() -> None:
    short = ShortRecord(title="骆驼祥子", isbn="10019·1203", price_fen=85, date="1978")
    record = stored(new_record(short, entered=date(2020, 6, 10)))
    assert short_of(from_record(record)) == short
    assert (record.first("091", "a"), record.first("091", "d")) == ("10019·1203", "CNY0.85")
    assert record.get("010") == ()
    renumbered = apply(record, short, replace(short, isbn=FULL.isbn))
    assert renumbered.first("010", "a") == FULL.isbn
    assert short_of(from_record(renumbered)).isbn == FULL.isbn


@pytest.mark.parametrize(
    ("said", "persons", "bodies"),
    [
        ("余华著", [("余华", "著", True, "")], []),
        ("[英] 罗琳著 ; 苏农译", [("罗琳", "著", True, "英"), ("苏农", "译", False, "")], []),
        ("(清) 曹雪芹, 高鹗著", [("曹雪芹", "著", True, "清"), ("高鹗", "著", True, "")], []),
        ("王力主编", [("王力", "主编", True, "")], []),
        ("张三 ... [等] 编著", [("张三 ...", "编著", True, "")], []),
        ("源城区档案局编", [], [("源城区档案局", "编", True)]),
        ("老舍", [("老舍", "", True, "")], []),
        ("", [], []),
    ],
)
def test_names_in_a_statement(said: str, persons: list[Any], bodies: list[Any]) -> None:
    found = names(said)
    assert [(p.name, p.role, p.equal, p.country) for p in found[0]] == persons
    assert [(b.name, b.role, b.equal) for b in found[1]] == bodies


RICH = Record(
    "00000nam0 2200000   450 ",
    (
        DataField("010", "  ", (("a", "7-5086-7350-6"), ("b", "精装"), ("d", "CNY49.00"))),
        DataField("100", "  ", (("a", "20170101d2017    em y0chiy50      ea"),)),
        DataField(
            "200", "1 ", (("a", "上瘾"), ("9", "shang yin"), ("e", "旧副题"), ("f", "埃亚尔著"))
        ),
        DataField("210", "  ", (("a", "北京"), ("c", "中信"), ("d", "2017"))),
        DataField("606", "0 ", (("a", "产品设计"), ("x", "研究"))),
        DataField("690", "  ", (("a", "F713.55"), ("v", "5"))),
        DataField("690", "  ", (("a", "B842"), ("v", "5"))),
        DataField("701", " 0", (("a", "埃亚尔"), ("9", "ai ya er"), ("4", "著"))),
        DataField("905", "  ", (("a", "XH"), ("b", "0001"))),
    ),
)


def test_a_correction_leaves_the_rest_of_the_record() -> None:
    before = tidied(short_of(from_record(RICH)))
    after = replace(before, publisher="中信出版社", clc="F713.50", price_fen=5900)
    made = apply(RICH, before, after)
    differing = [(a, b) for a, b in zip(RICH.fields, made.fields, strict=True) if a != b]
    assert [a.tag for a, _ in differing] == ["010", "210", "690"]
    assert made.all("690", "a") == ("F713.50", "B842")
    assert made.fields[0] == DataField(
        "010", "  ", (("a", "7-5086-7350-6"), ("b", "精装"), ("d", "CNY59.00"))
    )
    assert made.leader[5] == "c"


def test_a_new_title_drops_the_reading_of_the_old_one_and_a_new_name_gets_its_field() -> None:
    before = tidied(short_of(from_record(RICH)))
    after = replace(before, title="沉迷", responsibility="埃亚尔著 ; 钟莉婷译", date="2018")
    made = apply(RICH, before, after)
    assert made.get("200") == (
        DataField(
            "200", "1 ", (("a", "沉迷"), ("e", "旧副题"), ("f", "埃亚尔著"), ("g", "钟莉婷译"))
        ),
    )
    assert made.first("701", "9") == "ai ya er"
    assert made.get("702") == (DataField("702", " 0", (("a", "钟莉婷"), ("4", "译"))),)
    assert made.first("100", "a")[9:13] == "2018"


def test_every_short_field_can_be_emptied_and_filled() -> None:
    bare = ShortRecord(title="上瘾")
    record = new_record(FULL, entered=date(2020, 6, 10))
    emptied = apply(record, FULL, bare)
    assert replace(short_of(from_record(stored(emptied))), date="") == bare
    filled = apply(emptied, short_of(from_record(emptied)), FULL)
    assert short_of(from_record(stored(filled))) == FULL


@pytest.fixture
def title(library: Library, ctx: Contexts) -> str:
    return commands.add_short_title(record=FULL, ctx=ctx("cataloguer"))


def seen(title: str) -> str:
    source = queries.source(title)
    assert source is not None
    return fingerprint(source.data)


def test_a_title_added_by_form_is_a_title_like_any_other(title: str) -> None:
    view = queries.title(title)
    assert view is not None
    assert (view.title, view.isbn, view.clc, view.main_class, view.price_fen, view.year) == (
        "上瘾",
        "9787508673509",
        "F713.55",
        "F",
        4900,
        2017,
    )
    assert [t.id for t in queries.by_identifier("9787508673509")] == [title]


def test_a_correction_keeps_before_and_after(
    title: str, ctx: Contexts, at: Callable[..., Any]
) -> None:
    first = queries.source(title)
    assert first is not None
    later = at("2020-06-11", "09:00")
    changed = commands.change_title(
        title=title,
        record=replace(FULL, title="上瘾了", clc="F713.5"),
        seen=seen(title),
        ctx=ctx("cataloguer", at=later),
    )
    assert changed == ("title", "clc")
    source = queries.source(title)
    assert source is not None
    assert (source.edited, source.original) == (True, first.data)
    (change,) = queries.title_changes(title)
    assert (change.at, change.actor) == (later, ctx.library.staff["cataloguer"])
    assert change.before == {"title": "上瘾", "clc": "F713.55"}
    assert change.after == {"title": "上瘾了", "clc": "F713.5"}
    assert Event.objects.filter(type="title.changed", title=title).count() == 1


def test_nothing_changed_records_nothing(
    title: str, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    with unchanged():
        assert (
            commands.change_title(title=title, record=FULL, seen=seen(title), ctx=ctx("cataloguer"))
            == ()
        )


BAD: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"title": " "}, ("title-missing",)),
    ({"title": "长" * 501}, ("text-too-long",)),
    ({"isbn": "978-7-5086-7350-8"}, ("isbn-wrong",)),
    ({"date": "民国廿年"}, ("year-unreadable",)),
    ({"clc": "L12"}, ("class-unknown",)),
    ({"title": "", "date": "x", "clc": "9"}, ("title-missing", "year-unreadable", "class-unknown")),
]


@pytest.mark.parametrize(("fields", "codes"), BAD)
def test_every_fault_is_said_and_nothing_changes(
    fields: dict[str, Any],
    codes: tuple[str, ...],
    title: str,
    ctx: Contexts,
    unchanged: Callable[[], Any],
) -> None:
    stamp = seen(title)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.change_title(
            title=title, record=replace(FULL, **fields), seen=stamp, ctx=ctx("cataloguer")
        )
    assert refused.value.decision.codes == codes


def test_two_correct_one_title(title: str, ctx: Contexts, unchanged: Callable[[], Any]) -> None:
    stamp = seen(title)
    commands.change_title(
        title=title, record=replace(FULL, extent="210页"), seen=stamp, ctx=ctx("cataloguer")
    )
    with unchanged(), pytest.raises(Refused) as refused:
        commands.change_title(
            title=title, record=replace(FULL, extent="211页"), seen=stamp, ctx=ctx("cataloguer")
        )
    assert refused.value.decision.codes == ("title-changed-meanwhile",)


def test_a_number_printed_wrong_is_taken_with_the_reason_why(
    library: Library, ctx: Contexts
) -> None:
    wrong = replace(FULL, isbn="978-7-5086-7350-8")
    with pytest.raises(Refused) as refused:
        commands.add_short_title(record=wrong, ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == ("isbn-wrong",)
    for why, codes in (("  ", ("isbn-wrong", "override-without-why")), ("书上如此", ())):
        answer = ctx("cataloguer", overrides=(Override("isbn-wrong", why),))
        if codes:
            with pytest.raises(Refused) as refused:
                commands.add_short_title(record=wrong, ctx=answer)
            assert refused.value.decision.codes == codes
            continue
        title = commands.add_short_title(record=wrong, ctx=answer)
        event = Event.objects.get(type="title.added", title=title)
        assert event.data == '{"answers": {"isbn-wrong": "书上如此"}}'
    assert [t.id for t in queries.by_identifier("978-7-5086-7350-8")] == [title]


def test_another_book_under_a_number_the_catalogue_has_is_asked(title: str, ctx: Contexts) -> None:
    other = replace(FULL, title="另一本书")
    with pytest.raises(Refused) as refused:
        commands.add_short_title(record=other, ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == ("isbn-held",)


def test_a_record_of_another_format_is_not_touched(
    library: Library, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    fields = (DataField("245", "10", (("a", "Refactoring"),)),)
    data = encode(Record("00000nam a2200000   4500", fields), coding_scheme="a")
    title = commands.add_title(
        bibliographic=Bibliographic(format="marc21", title="Refactoring"), data=data, ctx=ctx()
    )
    with unchanged(), pytest.raises(Refused) as refused:
        commands.change_title(
            title=title, record=FULL, seen=fingerprint(data), ctx=ctx("cataloguer")
        )
    assert refused.value.decision.codes == ("record-not-cnmarc",)
