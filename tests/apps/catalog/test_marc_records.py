"""A1, A2: MARC records edited as lines: refused with every fault, every version kept and restored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from shuxiang.apps.catalog import commands, queries
from shuxiang.apps.catalog.commands import Saved
from shuxiang.apps.catalog.models import TitleChange
from shuxiang.apps.search import commands as searching
from shuxiang.apps.search.queries import Query, search
from shuxiang.apps.stock.commands.categories import seed_categories
from shuxiang.formats.marc import Bibliographic, from_record
from shuxiang.formats.marc.editing import faults, from_lines, to_lines
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.runtime import worker
from shuxiang.runtime.worker import number_all
from tests.apps.catalog.test_titles import described
from tests.apps.stock.marc_files import iso2709, record
from tests.support.library import Contexts, Library

DATA = iso2709([record(1)], "gb18030")

RIGHT, WRONG = "9787506365437", "9787506365430"


@pytest.fixture
def title(library: Library, ctx: Contexts) -> str:
    return commands.add_title(
        bibliographic=described(DATA, "gb18030"), data=DATA, charset="gb18030", ctx=ctx()
    )


def lines_of(title: str) -> tuple[str, str]:
    """The lines of a title's record, and its fingerprint."""
    source = queries.source(title)
    assert source is not None
    marc = queries.marc(source)
    assert marc is not None
    return to_lines(marc), commands.fingerprint(source.data)


def data_of(title: str) -> bytes:
    source = queries.source(title)
    assert source is not None
    return source.data


def refused(act: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as found:
        act()
    return found.value


def test_a1_nothing_changed_nothing_written(title: str, ctx: Contexts, unchanged: Any) -> None:
    lines, seen = lines_of(title)
    done = commands.save_record(title=title, lines=lines, seen=seen, ctx=ctx("cataloguer"))
    assert done == Saved(title=title, changed=False)
    assert data_of(title) == DATA
    assert not TitleChange.objects.exists()
    assert Event.objects.filter(type="title.changed").count() == 0


def test_a1_a_field_is_changed_the_rest_stays(title: str, ctx: Contexts) -> None:
    lines, seen = lines_of(title)
    new = lines.replace("西游记1", "西游记补") + "998 ##ǂa待查ǂx\ue000\n"
    done = commands.save_record(title=title, lines=new, seen=seen, ctx=ctx("cataloguer"))
    assert done.changed
    view = queries.title(title)
    assert view is not None
    assert view.title == "西游记补"
    source = queries.source(title)
    assert source is not None
    # Its own character set, its first bytes beside it, its other fields to the byte.
    assert (source.charset, source.edited, source.original) == ("gb18030", True, DATA)
    before, after = from_lines(lines)[0], queries.marc(source)
    assert after is not None
    assert [f for f in after.fields if f.tag not in ("200", "998")] == [
        f for f in before.fields if f.tag != "200"
    ]
    assert after.leader[5] == "c"
    event = Event.objects.get(type="title.changed")
    assert event.title == title
    change = queries.title_changes(title)[0]
    assert (change.before["title"], change.after["title"]) == ("西游记1", "西游记补")


def test_a1_a_saved_record_is_found_at_once(title: str, ctx: Contexts) -> None:
    def follow() -> None:
        number_all()
        while worker.deliver("search", searching.handle):
            pass

    searching.rebuild()
    lines, seen = lines_of(title)
    commands.save_record(
        title=title, lines=lines.replace("西游记1", "猫城记"), seen=seen, ctx=ctx("cataloguer")
    )
    follow()
    result = search(Query(text="猫城记"))
    assert result is not None
    assert [hit.title_id for hit in result.hits] == [title]


def test_a1_every_fault_refuses_at_once(title: str, ctx: Contexts, unchanged: Any) -> None:
    lines, seen = lines_of(title)
    bad = lines.replace("200 1#ǂa西游记1", "200 7#ǂf") + "690 ##ǂaWX1\n12 ##ǂax\n"
    with unchanged():
        got = refused(
            lambda: commands.save_record(title=title, lines=bad, seen=seen, ctx=ctx("cataloguer"))
        )
    told = [msgspec.json.decode(str(r.data["why"]))[0] for r in got.decision.reasons]
    assert set(got.decision.codes) == {"record-invalid"}
    assert sorted(told) == ["bad_field", "edit_class", "edit_indicator", "no_title"]
    numbers = [int(str(r.data["line"])) for r in got.decision.reasons]
    assert numbers == sorted(numbers)


def test_a1_the_second_of_two_cataloguers_is_told(
    title: str, ctx: Contexts, unchanged: Any
) -> None:
    lines, seen = lines_of(title)
    first = lines.replace("西游记1", "西游记甲")
    commands.save_record(title=title, lines=first, seen=seen, ctx=ctx("cataloguer"))
    with unchanged():
        got = refused(
            lambda: commands.save_record(
                title=title,
                lines=lines.replace("西游记1", "西游记乙"),
                seen=seen,
                ctx=ctx("cataloguer"),
            )
        )
    assert got.decision.codes == ("title-changed-meanwhile",)


def test_a1_versions_are_kept_and_brought_back_byte_for_byte(
    title: str, ctx: Contexts, unchanged: Any
) -> None:
    states = [data_of(title)]
    for name in ("甲", "乙"):
        lines, seen = lines_of(title)
        changed = lines.replace(from_record(from_lines(lines)[0]).title, f"西游记{name}")
        commands.save_record(title=title, lines=changed, seen=seen, ctx=ctx("cataloguer"))
        states.append(data_of(title))
    assert [v.source.data for v in queries.versions(title)] == states[-2::-1]
    seen = lines_of(title)[1]
    first = queries.versions(title)[-1]
    done = commands.restore_record(title=title, version=first.id, seen=seen, ctx=ctx("cataloguer"))
    assert done.changed
    assert data_of(title) == DATA
    view = queries.title(title)
    assert view is not None
    assert view.title == "西游记1"
    # What was there before the restoring is kept too.
    assert queries.versions(title)[0].source.data == states[-1]
    with unchanged():
        got = refused(
            lambda: commands.restore_record(
                title=title, version="nothing", seen=lines_of(title)[1], ctx=ctx("cataloguer")
            )
        )
        assert got.decision.codes == ("version-unknown",)


def test_a1_a_new_record_from_a_template(library: Library, ctx: Contexts, unchanged: Any) -> None:
    book = queries.templates(library.main)[0]
    lines = book.filled(day=date(2020, 6, 10), agency="441602")
    with unchanged():
        got = refused(
            lambda: commands.add_record(lines=lines, kind="cnmarc", ctx=ctx("cataloguer"))
        )
    assert [msgspec.json.decode(str(r.data["why"]))[1]["tag"] for r in got.decision.reasons] == [
        "200"
    ]
    lines = lines.replace("200 1#ǂaǂeǂf", "200 1#ǂa活着ǂ9huo zheǂf余华著")
    lines = lines.replace("010 ##ǂaǂd", f"010 ##ǂa{WRONG}ǂdCNY29.00")
    got = refused(lambda: commands.add_record(lines=lines, kind="cnmarc", ctx=ctx("cataloguer")))
    assert got.decision.codes == ("isbn-wrong",)
    printed = (Override("isbn-wrong", "书上这样印"),)
    done = commands.add_record(lines=lines, kind="cnmarc", ctx=ctx("cataloguer", overrides=printed))
    view = queries.title(done.title)
    assert view is not None
    assert (view.title, view.responsibility, view.price_fen, view.year) == (
        "活着",
        "余华著",
        2900,
        2020,
    )
    right = lines.replace(WRONG, RIGHT)
    commands.add_record(lines=right, kind="cnmarc", ctx=ctx("cataloguer"))
    got = refused(lambda: commands.add_record(lines=right, kind="cnmarc", ctx=ctx("cataloguer")))
    assert got.decision.codes == ("isbn-held",)


def test_a1_marc_21_stays_marc_21(library: Library, ctx: Contexts) -> None:
    template = next(t for t in queries.templates(library.main) if t.format == "marc21")
    lines = template.filled(day=date(2020, 6, 10), agency="441602").replace(
        "245 10ǂaǂbǂc", "245 10ǂaTo live /ǂcYu Hua"
    )
    done = commands.add_record(lines=lines, kind="marc21", ctx=ctx("cataloguer"))
    source = queries.source(done.title)
    assert source is not None
    assert (source.format, source.data[9:10]) == ("marc21", b"a")
    lines, seen = lines_of(done.title)
    commands.save_record(
        title=done.title,
        lines=lines.replace("To live", "To live!"),
        seen=seen,
        ctx=ctx("cataloguer"),
    )
    source = queries.source(done.title)
    view = queries.title(done.title)
    assert source is not None
    assert view is not None
    assert (source.format, source.data[9:10], view.title) == ("marc21", b"a", "To live!")


def test_shipped_templates_are_right_but_for_what_is_to_be_written(library: Library) -> None:
    for template in queries.templates(library.main):
        text = template.filled(day=date(2020, 6, 10), agency="441602")
        read, lines = from_lines(text)
        format_: Any = template.format
        told = {
            (fault.note.code, fault.tag) for fault in faults(read, lines, format_) if fault.refuses
        }
        assert told == {("edit_missing", "245" if format_ == "marc21" else "200")} - (
            {("edit_missing", "200")} if template.code == "video" else set()
        ) | ({("no_title", "200")} if template.code == "video" else set()), template.code


def test_templates_of_the_library(library: Library, ctx: Contexts, unchanged: Any) -> None:
    cataloguer = ctx("cataloguer")
    commands.set_template(
        code="book", name="图书", kind="cnmarc", lines="200 1#ǂa\n", ctx=cataloguer
    )
    code = commands.set_template(
        code="", name="地方文献", kind="cnmarc", lines="200 1#ǂa\n", ctx=ctx("cataloguer")
    )
    commands.set_template(code="serial", name="刊", kind="cnmarc", lines="", ctx=ctx("cataloguer"))
    offered = queries.templates(library.main)
    assert [t.name for t in offered] == [
        "图书",
        "多卷书",
        "音像资料",
        "普通图书（MARC 21）",
        "地方文献",
    ]
    commands.reset_template(code="book", ctx=ctx("cataloguer"))
    commands.reset_template(code=code, ctx=ctx("cataloguer"))
    assert next(iter(queries.templates(library.main))).name == "普通图书"
    with unchanged():
        got = refused(
            lambda: commands.set_template(
                code="nothing", name=" ", kind="cnmarc", lines="x", ctx=ctx("cataloguer")
            )
        )
    assert got.decision.codes == ("name-missing", "template-unknown")


def test_what_waits_is_done_once_its_record_is_whole(library: Library, ctx: Contexts) -> None:
    seed_categories(ctx=ctx())
    short = Bibliographic(format="cnmarc", title="不知道的书")
    title = commands.add_title(bibliographic=short, ctx=ctx())
    commands.flag_pending(title, "stub", ctx("cataloguer"))
    found, count = queries.pending_titles([library.main])
    assert (count, [(p.title, p.why) for p in found]) == (1, [(title, "stub")])
    lines, seen = lines_of(title)
    lines += "330 ##ǂa说明\n"
    done = commands.save_record(title=title, lines=lines, seen=seen, ctx=ctx("cataloguer"))
    assert done.pending
    lines, seen = lines_of(title)
    lines += "210 ##ǂa北京ǂc作家出版社ǂd2012\n215 ##ǂa191页\n690 ##ǂaI247.57\n"
    done = commands.save_record(title=title, lines=lines, seen=seen, ctx=ctx("cataloguer"))
    assert not done.pending
    assert queries.pending_titles([library.main]) == ((), 0)
