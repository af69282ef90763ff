"""A5: authorities with pen names found by search, links by heading and number, a heading renamed
through every record and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.catalog import queries
from shuxiang.apps.catalog.commands import authorities as commands
from shuxiang.apps.catalog.commands import editing
from shuxiang.formats.marc import ControlField, DataField, Record, encode, from_record
from shuxiang.formats.marc.authority import read_authority
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.support.library import Contexts, Library

pytestmark = pytest.mark.db


def book(ctx: Contexts, title: str, *fields: DataField) -> str:
    record = Record(
        "00000nam0 2200000   450 ",
        [
            DataField("200", "1 ", (("a", title),)),
            *sorted(fields, key=lambda f: f.tag),
        ],
    )
    return titles.add_title(bibliographic=from_record(record), data=encode(record), ctx=ctx())


def by(name: str, *more: tuple[str, str]) -> DataField:
    return DataField("701", " 0", (("a", name), *more, ("4", "著")))


def link(ctx: Contexts) -> int:
    return sum(1 for _ in commands.link_changed(ctx()))


@pytest.fixture
def lu(library: Library, ctx: Contexts) -> str:
    return commands.add_authority(
        kind="person",
        heading="鲁迅",
        dates="1881-1936",
        see=("周树人", " 巴人 ", "周树人"),
        ctx=ctx("cataloguer"),
    )


def test_a5_a_pen_name_finds_the_books(lu: str, ctx: Contexts) -> None:
    one, other = book(ctx, "呐喊", by("鲁迅")), book(ctx, "中国小说史略", by("周树人"))
    book(ctx, "边城", by("沈从文"))
    link(ctx)
    assert set(queries.titles_naming(lu)) == {one, other}
    documents = queries.documents([one, other])
    assert documents[one].authors == ("鲁迅", "周树人", "巴人")
    assert documents[other].authors == ("周树人", "鲁迅", "巴人")
    # Search follows the ledger: a row for each title whose links changed, and none the second time.
    assert Event.objects.filter(type="title.linked").count() == 2
    assert link(ctx) == 0
    assert commands.relink([one, other], ctx()) == 0
    view = queries.authority(lu)
    assert view is not None
    assert (view.titles, view.linked) == (2, True)
    assert [a.heading for a in queries.authorities(text="巴人")] == ["鲁迅"]
    assert queries.count_authorities(kind="person", text="周") == 1


def test_a5_two_of_one_name_are_told_apart_by_years_or_not_guessed(lu: str, ctx: Contexts) -> None:
    other = commands.add_authority(
        kind="person", heading="鲁迅", dates="1970-", ctx=ctx("cataloguer")
    )
    old = book(ctx, "呐喊", by("鲁迅", ("f", "1881-1936")))
    new = book(ctx, "新书", by("鲁迅", ("f", "1970-")))
    unsaid = book(ctx, "不明", by("鲁迅"))
    link(ctx)
    assert queries.titles_naming(lu) == (old,)
    assert queries.titles_naming(other) == (new,)
    assert queries.authorities_of([unsaid]) == {}


def test_a5_a_file_of_authorities_links_by_number_and_is_replaced(
    library: Library, ctx: Contexts
) -> None:
    def new(heading: str, see: str) -> commands.NewAuthority:
        record = Record(
            "00000nx  j2200000   45  ",
            [
                ControlField("001", "A9"),
                DataField("250", "  ", (("a", heading),)),
                DataField("450", "  ", (("a", see),)),
                DataField("550", "  ", (("a", "计算机"), ("3", "A8"))),
            ],
        )
        return commands.NewAuthority(read_authority(record), encode(record), "utf-8")

    done = commands.import_authorities(records=(new("电脑", "微机"),), ctx=ctx("cataloguer"))
    assert (done.added, done.replaced) == (1, 0)
    title = book(ctx, "上手", DataField("606", "0 ", (("a", "微型计算机"), ("3", "A9"))))
    link(ctx)
    (view,) = queries.authorities()
    assert queries.titles_naming(view.id) == (title,)
    assert queries.documents([title])[title].subjects[-2:] == ("电脑", "微机")
    done = commands.import_authorities(records=(new("微型机", "电脑"),), ctx=ctx("cataloguer"))
    assert (done.added, done.replaced) == (0, 1)
    (view,) = queries.authorities()
    assert (view.heading, view.linked) == ("微型机", False)


def test_a5_a_heading_is_renamed_through_all_records_and_back(lu: str, ctx: Contexts) -> None:
    ids = [book(ctx, f"书{n}", by("鲁迅", ("9", "lu xun"))) for n in range(4)]
    link(ctx)
    before = [queries.source(i).data for i in ids]  # type: ignore[union-attr]
    number = commands.rename_authority(authority=lu, heading="魯迅", ctx=ctx("cataloguer"))
    draft = queries.edit(number)
    assert draft is not None
    assert queries.preview_edit(draft).changed == 4
    assert queries.authority(lu).heading == "鲁迅", "a look only"  # type: ignore[union-attr]
    editing.run_edit(number=number, ctx=ctx("cataloguer"))
    while editing.edit_records(number=number, ctx=ctx("cataloguer")):
        pass
    assert {queries.bibliographic(i).persons[0].name for i in ids} == {"魯迅"}  # type: ignore[union-attr]
    names = queries.authority_names([lu])[lu]
    assert [(n.relation, n.text) for n in names] == [
        ("heading", "魯迅"),
        ("see", "周树人"),
        ("see", "巴人"),
        ("see", "鲁迅"),
    ]
    link(ctx)
    assert queries.authority(lu).titles == 4  # type: ignore[union-attr]
    editing.undo_edit(number=number, ctx=ctx("cataloguer"))
    while editing.edit_records(number=number, ctx=ctx("cataloguer")):
        pass
    assert [queries.source(i).data for i in ids] == before  # type: ignore[union-attr]
    assert queries.authority(lu).heading == "鲁迅"  # type: ignore[union-attr]


def test_a5_a_draft_made_before_another_renaming_is_not_run(
    lu: str, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    book(ctx, "呐喊", by("鲁迅"))
    link(ctx)
    first, second = (
        commands.rename_authority(authority=lu, heading=heading, ctx=ctx("cataloguer"))
        for heading in ("魯迅", "迅哥儿")
    )
    editing.run_edit(number=first, ctx=ctx("cataloguer"))
    with unchanged(), pytest.raises(Refused) as refused:
        editing.run_edit(number=second, ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == ("edit-changed-since",)


def test_a5_an_authority_no_record_names_is_renamed_at_once(lu: str, ctx: Contexts) -> None:
    number = commands.rename_authority(
        authority=lu, heading="周树人", keep_old=False, ctx=ctx("cataloguer")
    )
    assert number == ""
    names = queries.authority_names([lu])[lu]
    assert [(n.relation, n.text) for n in names] == [("heading", "周树人"), ("see", "巴人")]


def test_a5_a_title_changed_later_loses_its_link(lu: str, ctx: Contexts) -> None:
    title = book(ctx, "呐喊", by("鲁迅"))
    link(ctx)
    source = queries.source(title)
    assert source is not None
    record = queries.marc(source)
    assert record is not None
    other = Record(record.leader, [f for f in record.fields if f.tag != "701"])
    titles.replace_record(title=title, data=encode(other), ctx=ctx())
    assert commands.relink([title], ctx()) == 1
    assert queries.titles_naming(lu) == ()


def test_a5_see_also_leads_to_another_authority_and_back(
    lu: str, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    def add(heading: str, **more: Any) -> str:
        return commands.add_authority(kind="person", heading=heading, ctx=ctx("cataloguer"), **more)

    def also(one: str) -> list[tuple[str, str]]:
        names = queries.authority_names([one])[one]
        return [(n.text, n.other) for n in names if n.relation == "also"]

    def change(*references: str) -> None:
        commands.change_authority(
            authority=lu,
            dates="1881-1936",
            see=("周树人",),
            also=references,
            note="",
            ctx=ctx("cataloguer"),
        )

    zuo = add("周作人", also=(" 鲁 迅 ",))
    young, old = add("李明", dates="1990-"), add("李明", dates="1919-1980")
    assert also(zuo) == [("鲁 迅", lu)]
    assert queries.referred_from(lu) == ((zuo, "周作人"),)
    change("周作人", "李明 1990-")
    assert also(lu) == [("周作人", zuo), ("李明 1990-", young)]
    for wrong in ("李明", "鲁迅", "没有的人"):
        with unchanged(), pytest.raises(Refused) as refused:
            change("周作人", wrong)
        assert refused.value.decision.codes == ("see-also-unknown",)
    # Renamed, and changed by whoever knows of no see-also, the references stay.
    commands.change_authority(
        authority=lu, dates="1881-1936", see=(), note="", ctx=ctx("cataloguer")
    )
    commands.rename_authority(authority=lu, heading="魯迅", ctx=ctx("cataloguer"))
    assert also(lu) == [("周作人", zuo), ("李明 1990-", young)]
    change("李明 1919-1980")
    assert also(lu) == [("李明 1919-1980", old)]
    assert queries.referred_from(zuo) == ()


@pytest.mark.parametrize("case", ["known", "kind", "missing", "long", "many", "same", "in-use"])
def test_a5_what_is_refused(
    case: str, lu: str, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    book(ctx, "呐喊", by("鲁迅"))
    link(ctx)
    clerk = ctx("cataloguer")

    def add(**values: Any) -> Any:
        return commands.add_authority(**({"kind": "person", "heading": "茅盾"} | values), ctx=clerk)

    acts: dict[str, tuple[Callable[[], Any], str]] = {
        "known": (lambda: add(heading="鲁 迅", dates="1881-1936"), "authority-known"),
        "kind": (lambda: add(kind="horse"), "authority-kind-unknown"),
        "missing": (lambda: add(heading="—"), "heading-missing"),
        "long": (lambda: add(heading="长" * 201), "text-too-long"),
        "many": (lambda: add(see=tuple(f"名{n}" for n in range(61))), "names-too-many"),
        "same": (
            lambda: commands.rename_authority(authority=lu, heading="鲁迅", ctx=clerk),
            "heading-same",
        ),
        "in-use": (lambda: commands.remove_authority(authority=lu, ctx=clerk), "authority-in-use"),
    }
    act, code = acts[case]
    with unchanged(), pytest.raises(Refused) as refused:
        act()
    assert refused.value.decision.codes == (code,)
