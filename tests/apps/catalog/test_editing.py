"""A6: batch edit with preview, refusals counted, and undo by batch number."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.catalog import editing, queries
from shuxiang.apps.catalog.commands import editing as commands
from shuxiang.apps.catalog.commands import replace_record
from shuxiang.apps.catalog.editing import RecordEdit, differences, edited, reasons, written
from shuxiang.apps.catalog.models import EditBatch, EditRow, Source
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import editing as item_commands
from shuxiang.apps.stock.commands import items
from shuxiang.formats.marc import DataField, Record
from shuxiang.kernel.decision import Refused
from tests.support.library import Contexts
from tests.support.stocked import Stocked, build

RECORD = Record(
    "00000nam0 2200000   450 ",
    [
        DataField("200", "1 ", (("a", "呐喊"), ("9", "na han"), ("f", "鲁迅着"))),
        DataField("210", "  ", (("a", "北京"), ("c", "人民文学岀版社"), ("d", "1973"))),
        DataField("606", "0 ", (("a", "小说集"), ("y", "中国"))),
        DataField("701", " 0", (("a", "鲁迅"), ("9", "lu xun"), ("4", "著"))),
        DataField("702", " 0", (("a", "鲁迅"), ("3", "A2"), ("4", "校"))),
    ],
)


def shown(record: Record, tag: str) -> list[str]:
    return [written(f) for f in record.get(tag)]


@pytest.mark.parametrize(
    ("edit", "tag", "after"),
    [
        (RecordEdit("replace", "210", "c", "岀版", "出版"), "210", ["  $a北京$c人民文学出版社$d1973"]),
        (RecordEdit("replace", "200", "f", "鲁迅着", "鲁迅著", whole=True), "200", ["1 $a呐喊$9na han$f鲁迅著"]),
        (RecordEdit("replace", "210", "d", "1973", ""), "210", ["  $a北京$c人民文学岀版社"]),
        (RecordEdit("set", "606", "z", value="现代"), "606", ["0 $a小说集$y中国$z现代"]),
        (RecordEdit("add", "856", value="$uhttps://x.cn/1", indicators="4 "), "856", ["4 $uhttps://x.cn/1"]),
        (RecordEdit("remove", "606", find="小说"), "606", []),
        (RecordEdit("remove", "606", "y"), "606", ["0 $a小说集"]),
        (RecordEdit("heading", "person", "A1", "鲁迅", "周树人"), "701", [" 0$a周树人$4著"]),
        # The second one is another person by its number.
        (RecordEdit("heading", "person", "A1", "鲁迅", "周树人"), "702", [" 0$a鲁迅$3A2$4校"]),
    ],
)  # fmt: skip
def test_a6_what_an_edit_does_to_a_record(edit: RecordEdit, tag: str, after: list[str]) -> None:
    assert reasons(edit) == []
    made = edited(RECORD, edit)
    assert shown(made, tag) == after
    others = {f.tag for f in RECORD.fields} - {tag, "702" if edit.kind == "heading" else tag}
    for other in others - ({"701"} if edit.kind == "heading" else set()):
        assert shown(made, other) == shown(RECORD, other)


@pytest.mark.parametrize(
    "edit",
    [
        RecordEdit("replace", "210", "c", "没有这样的字", "x"),
        RecordEdit("replace", "200", "f", "鲁迅", "x", whole=True),
        RecordEdit("add", "606", value="$a小说集$y中国", indicators="0 "),
        RecordEdit("remove", "300"),
        RecordEdit("set", "606", "y", value="中国"),
    ],
)
def test_a6_nothing_to_change_is_the_same_record(edit: RecordEdit) -> None:
    assert edited(RECORD, edit) is RECORD


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (RecordEdit("replace", "2x0", "a", "x"), "edit-tag-invalid"),
        (RecordEdit("replace", "001", "a", "x"), "edit-tag-invalid"),
        (RecordEdit("replace", "200", "", "x"), "edit-code-invalid"),
        (RecordEdit("replace", "200", "a", ""), "edit-find-missing"),
        (RecordEdit("set", "200", "a"), "edit-value-missing"),
        (RecordEdit("add", "300", value="没有子字段"), "edit-subfields-unreadable"),
        (RecordEdit("add", "300", value="$a好", indicators="1"), "edit-indicators-invalid"),
        (RecordEdit("burn", "300"), "edit-kind-unknown"),
        (RecordEdit("replace", "200", "a", "x" * 2001), "text-too-long"),
    ],
)
def test_a6_an_edit_that_makes_no_sense(edit: RecordEdit, code: str) -> None:
    assert [r.code for r in reasons(edit)] == [code]


def test_a6_differences_are_told_field_by_field() -> None:
    after = edited(RECORD, RecordEdit("replace", "210", "c", "岀", "出"))
    (one,) = differences(RECORD, after)
    assert (one.tag, one.before, one.after) == (
        "210",
        "  $a北京$c人民文学岀版社$d1973",
        "  $a北京$c人民文学出版社$d1973",
    )


# --- on a real database ------------------------------------------------------------------


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Any) -> Stocked:
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


def run(number: str, ctx: Contexts, step: Callable[..., int] = commands.edit_records) -> None:
    while step(number=number, ctx=ctx("cataloguer")):
        pass


def prepare(stocked: Stocked, ctx: Contexts, **edit: Any) -> str:
    wanted = RecordEdit(**({"kind": "replace", "tag": "690", "code": "a"} | edit))
    return commands.prepare_edit(edit=wanted, titles=stocked.titles, ctx=ctx("cataloguer"))


def states(number: str) -> dict[str, int]:
    batch = queries.edit(number)
    assert batch is not None
    return queries.edit_counts(batch.id)


def test_a6_previewed_run_and_taken_back(stocked: Stocked, ctx: Contexts) -> None:
    before = {s.title_id: bytes(s.data) for s in Source.objects.all()}
    columns = queries.titles(stocked.titles)
    number = prepare(stocked, ctx, find="I24", value="I26")
    view = queries.edit(number)
    assert view is not None
    looked = queries.preview_edit(view)
    assert (looked.looked_at, looked.changed, looked.same, looked.unreadable) == (4, 2, 2, 0)
    assert looked.first[0][1][0].after == "  $aI262.4$v5"
    assert {s.title_id: bytes(s.data) for s in Source.objects.all()} == before, "a look only"
    commands.run_edit(number=number, ctx=ctx("cataloguer"))
    run(number, ctx)
    assert states(number) == {"changed": 2, "same": 2}
    assert queries.edit(number).state == "done"  # type: ignore[union-attr]
    found = queries.titles(stocked.titles)
    assert [found[t].clc for t in stocked.titles] == ["I262.4", "I267.55", "Q96-49", "Z32"]
    commands.undo_edit(number=number, ctx=ctx("cataloguer"))
    run(number, ctx)
    assert states(number) == {"undone": 2, "same": 2}
    assert {s.title_id: bytes(s.data) for s in Source.objects.all()} == before
    assert not Source.objects.filter(edited=True).exists()
    assert {t: v.clc for t, v in queries.titles(stocked.titles).items()} == {
        t: v.clc for t, v in columns.items()
    }


def test_a6_an_edit_goes_on_where_it_was_interrupted(stocked: Stocked, ctx: Contexts) -> None:
    number = prepare(stocked, ctx, find="I24", value="I24")
    number = prepare(stocked, ctx, kind="set", find="", value="K0")
    commands.run_edit(number=number, ctx=ctx("cataloguer"))
    assert commands.edit_records(number=number, count=3, ctx=ctx("cataloguer")) == 3
    assert states(number) == {"changed": 3, "waiting": 1}
    under_way = queries.edit_under_way()
    assert under_way is not None
    assert under_way.number == number
    run(number, ctx)
    assert states(number) == {"changed": 4}


def test_a6_results_that_are_no_records_are_refused_and_counted(
    stocked: Stocked, ctx: Contexts
) -> None:
    number = prepare(stocked, ctx, kind="remove", tag="200", code="a", find="三体")
    commands.run_edit(number=number, ctx=ctx("cataloguer"))
    run(number, ctx)
    assert states(number) == {"refused": 1, "same": 3}
    (row,) = EditRow.objects.filter(state="refused")
    assert json.loads(row.why[0])[:2] == ["200", "edit_missing"]
    draft = queries.edit(prepare(stocked, ctx, kind="remove", tag="200", code="a", find="三体"))
    assert draft is not None
    looked = queries.preview_edit(draft)
    assert (looked.changed, looked.invalid, looked.same) == (0, 1, 3)
    assert queries.titles(stocked.titles)[stocked.titles[1]].title == "三体"


def test_a6_what_somebody_changed_since_is_kept(stocked: Stocked, ctx: Contexts) -> None:
    number = prepare(stocked, ctx, find="I24", value="I26")
    commands.run_edit(number=number, ctx=ctx("cataloguer"))
    run(number, ctx)
    source = queries.source(stocked.titles[0])
    assert source is not None
    record = queries.marc(source)
    assert record is not None
    again, _ = commands.encoded(
        edited(record, RecordEdit("add", "300", value="$a手工加的")), "utf-8"
    )
    replace_record(title=stocked.titles[0], data=again, ctx=ctx("cataloguer"))
    commands.undo_edit(number=number, ctx=ctx("cataloguer"))
    run(number, ctx)
    assert states(number) == {"kept": 1, "undone": 1, "same": 2}
    kept = queries.source(stocked.titles[0])
    assert kept is not None
    assert kept.data == again


def test_a6_items_get_another_category_and_back(stocked: Stocked, ctx: Contexts) -> None:
    chosen = tuple(stocked.items[b] for b in ("B001", "B002", "R001"))
    items.withdraw_item(item=stocked.items["B002"], why="破损", ctx=ctx())
    number = item_commands.prepare_edit(
        edit=stock.ItemEdit("category", "reference"), items=chosen, ctx=ctx("cataloguer")
    )
    view = queries.edit(number)
    assert view is not None
    looked = stock.preview_items(view)
    assert (looked.changed, looked.same) == (2, 1)
    commands.run_edit(number=number, ctx=ctx("cataloguer"))
    run(number, ctx, item_commands.edit_items)
    assert states(number) == {"changed": 1, "refused": 1, "same": 1}
    assert stock.item(chosen[0]).category == "reference"  # type: ignore[union-attr]
    commands.undo_edit(number=number, ctx=ctx("cataloguer"))
    run(number, ctx, item_commands.edit_items)
    assert stock.item(chosen[0]).category == "book"  # type: ignore[union-attr]
    assert states(number) == {"undone": 1, "refused": 1, "same": 1}


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (stock.ItemEdit("price", "1"), "edit-field-unknown"),
        (stock.ItemEdit("category", "none"), "category-unknown"),
        (stock.ItemEdit("status", "withdrawn"), "status-unknown"),
        (stock.ItemEdit("volume"), "edit-find-missing"),
    ],
)
def test_a6_an_edit_of_items_that_makes_no_sense(
    edit: stock.ItemEdit,
    code: str,
    stocked: Stocked,
    ctx: Contexts,
    unchanged: Callable[[], Any],
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        item_commands.prepare_edit(edit=edit, items=(stocked.items["B001"],), ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == (code,)


def test_a6_drafts_are_dropped_and_nothing_runs_twice(
    stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    number = prepare(stocked, ctx, find="I24", value="I26")
    commands.discard_edit(number=number, ctx=ctx("cataloguer"))
    assert EditBatch.objects.count() == 0
    number = prepare(stocked, ctx, find="I24", value="I26")
    commands.run_edit(number=number, ctx=ctx("cataloguer"))
    for act, code in (
        (commands.run_edit, "edit-not-draft"),
        (commands.discard_edit, "edit-not-draft"),
        (commands.undo_edit, "edit-not-done"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            act(number=number, ctx=ctx("cataloguer"))
        assert refused.value.decision.codes == (code,)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.prepare_edit(edit=RecordEdit("remove", "300"), titles=(), ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == ("edit-nothing-chosen",)
    assert editing.KINDS[0] == "replace"
