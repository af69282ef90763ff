"""套录 (row A3): two targets asked at once, a record taken over, another put over ours."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.catalog import queries as titles
from shuxiang.apps.exchange import commands, models, queries
from shuxiang.formats.marc import DataField, encode, from_record
from shuxiang.formats.marc.marcxml import write_marcxml
from shuxiang.kernel.context import SYSTEM, Context, Override
from shuxiang.kernel.decision import Refused
from tests.support import targets
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

needs_zebra = pytest.mark.skipif(bool(targets.reason()), reason=targets.reason() or "-")

BOOKS = [
    targets.cnmarc("012019000001", "9787020142101", "平凡的世界. 第一部", "路遥",
                   [DataField("330", "  ", (("a", "提要。"),)),
                    DataField("905", "  ", (("a", "NLC"),))]),
    targets.cnmarc("012019000002", "9787020002207", "红楼梦", "曹雪芹"),
]  # fmt: skip


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Two real servers: one in UTF-8, one in GB 18030."""
    utf8, gb = tmp_path_factory.mktemp("utf8"), tmp_path_factory.mktemp("gb")
    with targets.zebra(utf8, BOOKS) as one, targets.zebra(gb, BOOKS, "gb18030") as two:
        yield {"utf-8": one, "gb18030": two}


def add(
    ctx: Callable[..., Context], name: str, port: int, charset: str = "utf-8", **more: Any
) -> str:
    given = {"kind": "z3950", "address": "127.0.0.1", "port": port, "database": "Default",
             "query_charset": charset, "record_charset": charset, "seconds": 3}  # fmt: skip
    given |= more.pop("profile", {})
    return commands.add_target(
        name=name, profile=given, **({"user": "bianmu", "password": "mima123"} | more),
        ctx=ctx("cataloguer"),
    )  # fmt: skip


@needs_zebra
@pytest.mark.parametrize("asked", [{"isbn": "978-7-02-014210-1"}, {"title": "平凡的世界"}])
def test_a3_two_targets_are_searched_at_once_in_their_character_sets(
    stocked: Stocked, ctx: Callable[..., Context], ports: dict[str, int], asked: dict[str, str]
) -> None:
    add(ctx, "国图", ports["utf-8"], position=2)
    add(ctx, "省馆", ports["gb18030"], "gb18030", position=1)
    answers = queries.shared_records(**asked)
    assert [(a.target.name, a.hits, a.faults) for a in answers] == [
        ("省馆", 1, ()),
        ("国图", 1, ()),
    ]
    for answer, charset in zip(answers, ("gb18030", "utf-8"), strict=True):
        assert answer.records[0].data == answer.records[0].source
        assert "平凡的世界".encode(charset) in answer.records[0].data
        assert answer.records[0].described.title.startswith("平凡的世界")


@needs_zebra
def test_a3_utf8_is_agreed_on_where_the_target_can(
    stocked: Stocked, ctx: Callable[..., Context], ports: dict[str, int]
) -> None:
    """Its profile is wrong in both character sets; what was agreed goes before it."""
    wrong = {"negotiate": True, "query_charset": "big5", "record_charset": "big5"}
    add(ctx, "省馆", ports["gb18030"], profile=wrong)
    (answer,) = queries.shared_records(title="红楼梦")
    assert (answer.hits, answer.faults) == (1, ())
    assert answer.records[0].described.title == "红楼梦"
    assert answer.records[0].charset == "utf-8"


@pytest.mark.skipif(not shutil.which("yaz-ztest"), reason="yaz-ztest not installed (Debian: yaz)")
def test_a3_marc_8_is_kept_in_utf_8_with_the_bytes_it_came_in(
    stocked: Stocked, ctx: Callable[..., Context]
) -> None:
    profile = {"syntax": "usmarc", "record_charset": "marc-8", "query_charset": "marc-8", "most": 1}
    with targets.served("yaz-ztest") as port:
        add(ctx, "LC", port, profile=profile, user="", password="")
        (answer,) = queries.shared_records(title="computer")
    (record,) = answer.records
    assert (record.source_charset, record.charset, record.format) == ("marc-8", "utf-8", "marc21")
    assert record.source[9:10] == b" "
    assert record.data[9:10] == b"a"
    assert record.described.title == "How to program a computer"


@needs_zebra
def test_a3_one_that_fails_does_not_hide_the_other(
    stocked: Stocked, ctx: Callable[..., Context], ports: dict[str, int]
) -> None:
    add(ctx, "1 好", ports["utf-8"])
    add(ctx, "2 密码错", ports["utf-8"], password="x")
    add(ctx, "3 字符集配错", ports["gb18030"], "gb18030", profile={"record_charset": "utf-8"})
    add(ctx, "4 没有此库", ports["utf-8"], profile={"database": "Nowhere"})
    add(ctx, "5 检索点不支持", ports["utf-8"], profile={"attributes": {"title": "1=9999"}})
    add(ctx, "6 无此检索点", ports["utf-8"], profile={"attributes": {"title": ""}})
    add(ctx, "7 停用", ports["utf-8"], active=False)
    with targets.misbehaving(targets.hang) as deaf:
        add(ctx, "8 不应答", deaf.port, profile={"seconds": 1})
        answers = {a.target.name[0]: a for a in queries.shared_records(title="红楼梦")}
    codes = {name: [r.code for r in a.faults] for name, a in answers.items()}
    assert codes == {
        "1": [],
        "2": ["target-diagnostic"],
        "3": ["target-other-charset"],
        "4": ["target-diagnostic"],
        "5": ["target-diagnostic"],
        "6": ["target-index"],
        "8": ["target-silent"],
    }
    assert answers["5"].faults[0].data["number"] == 114
    assert [len(answers[n].records) for n in "13"] == [1, 1]
    assert answers["3"].records[0].charset == "gb18030"


def keep(ctx: Callable[..., Context], target: str, data: bytes, charset: str = "utf-8") -> str:
    kept = commands.Kept(target, data, charset, data, charset)
    return commands.keep_found(records=[kept], ctx=ctx("cataloguer"))[0]


def test_a3_a_record_is_taken_over_byte_for_byte(
    stocked: Stocked, ctx: Callable[..., Context], unchanged: Any
) -> None:
    target = add(ctx, "省馆", 1)
    data = encode(BOOKS[0], "gb18030")
    found = keep(ctx, target, data, "gb18030")
    title = commands.take_found(found=found, ctx=ctx("cataloguer"))
    source = titles.source(title)
    assert source is not None
    assert (source.data, source.charset, source.edited) == (data, "gb18030", False)
    assert titles.by_identifier("9787020142101", "isbn")[0].id == title
    (taken,) = queries.taken(title)
    assert (taken.target_name, taken.how, taken.source) == ("省馆", "added", data)
    again = ctx("cataloguer")
    with unchanged(), pytest.raises(Refused) as refused:
        commands.take_found(found=found, ctx=again)
    assert refused.value.decision.codes == ("isbn-held",)
    lifted = ctx("cataloguer", overrides=(Override("isbn-held", "另一版本"),))
    assert commands.take_found(found=found, ctx=lifted) != title


def test_a3_overlay_keeps_local_fields_and_the_record_as_it_was(
    stocked: Stocked, ctx: Callable[..., Context], unchanged: Any
) -> None:
    ours = targets.cnmarc(
        "SX001", "9787020142101", "平凡的世介", "路遥",
        [DataField("905", "  ", (("a", "YC"), ("d", "I247.57")))],
    )  # fmt: skip
    before = encode(ours, "gb18030")
    title = catalog.add_title(
        bibliographic=from_record(ours), data=before, charset="gb18030", ctx=ctx("cataloguer")
    )
    found_id = keep(ctx, add(ctx, "国图", 1), encode(BOOKS[0]))
    found = queries.found_record(found_id)
    assert found is not None
    shown = queries.overlay(found, title, stocked.library.main)
    assert shown is not None
    assert [(c.sign, c.tag) for c in shown.changes if c.sign != " "] == [
        ("-", "200"), ("+", "200"), ("+", "330"),
    ]  # fmt: skip
    with unchanged(), pytest.raises(Refused) as refused:
        commands.overlay_found(found=found_id, title=title, seen="x", ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == ("title-changed-meanwhile",)
    changed = commands.overlay_found(
        found=found_id, title=title, seen=shown.seen, ctx=ctx("cataloguer")
    )
    assert "title" in changed
    source = titles.source(title)
    assert source is not None
    now = titles.marc(source)
    assert now is not None
    assert (source.charset, source.original) == ("gb18030", before)
    assert (now.control("001"), now.first("905", "a")) == ("SX001", "YC")
    assert (now.first("200", "a"), now.first("330", "a")) == ("平凡的世界. 第一部", "提要。")
    assert titles.title_changes(title)[0].before["title"] == "平凡的世介"
    assert queries.taken(title)[0].source == encode(BOOKS[0])
    seen = titles.fingerprint(source.data)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.overlay_found(found=found_id, title=title, seen=seen, ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == ("overlay-same",)


def test_a3_two_formats_are_not_mixed(
    stocked: Stocked, ctx: Callable[..., Context], unchanged: Any
) -> None:
    from shuxiang.formats.marc import to_marc21
    from shuxiang.kernel import clock

    english = to_marc21(from_record(BOOKS[0]), control="1", agency="X", entered=clock.now())
    found_id = keep(ctx, add(ctx, "LC", 1), encode(english, coding_scheme="a"))
    title = catalog.add_title(
        bibliographic=from_record(BOOKS[1]), data=encode(BOOKS[1]), ctx=ctx("cataloguer")
    )
    found = queries.found_record(found_id)
    assert found is not None
    assert queries.overlay(found, title, stocked.library.main) is None
    seen = titles.fingerprint(encode(BOOKS[1]))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.overlay_found(found=found_id, title=title, seen=seen, ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == ("overlay-format",)


@pytest.mark.parametrize(
    ("body", "hits", "codes"),
    [
        (b"<html>404</html>", 0, ["target-unreadable"]),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 0, ["target-unreadable"]),
    ],
)
def test_a3_an_sru_target(
    stocked: Stocked, ctx: Callable[..., Context], body: bytes, hits: int, codes: list[str]
) -> None:
    good = (
        '<searchRetrieveResponse xmlns="http://www.loc.gov/zing/srw/"><numberOfRecords>1'
        "</numberOfRecords><records><record><recordData>"
        + write_marcxml(BOOKS[0])
        + "</recordData></record></records></searchRetrieveResponse>"
    ).encode()
    with (
        targets.misbehaving(targets.http("200 OK", good)) as one,
        targets.misbehaving(targets.http("200 OK", body)) as two,
    ):
        for name, server in (("1", one), ("2", two)):
            add(ctx, name, 210, user="", password="", profile={
                "kind": "sru", "address": f"http://127.0.0.1:{server.port}/sru",
                "syntax": "marcxchange", "database": ""})  # fmt: skip
        answers = queries.shared_records(isbn="9787020142101")
    assert [r.described.title for r in answers[0].records] == ["平凡的世界. 第一部"]
    assert (answers[1].hits, [r.code for r in answers[1].faults]) == (hits, codes)
    record = answers[0].records[0]
    kept = commands.kept(answers[0].target.id, record)
    (found,) = commands.keep_found(records=[kept], ctx=ctx("cataloguer"))
    title = commands.take_found(found=found, ctx=ctx("cataloguer"))
    (taken,) = queries.taken(title)
    assert (taken.source, taken.source_charset) == (record.source, "xml")
    assert taken.source.startswith(b"<record")


def test_a3_profiles_that_can_not_be_and_passwords_that_stay_where_they_belong(
    stocked: Stocked, ctx: Callable[..., Context], unchanged: Any
) -> None:
    target = add(ctx, "国图", 210)
    row = models.Target.objects.get(id=target)
    assert "mima123" not in row.password
    with unchanged(), pytest.raises(Refused) as refused:
        add(ctx, " ", 0, profile={"address": "a b"})
    assert refused.value.decision.codes == ("target-field", "target-field", "name-missing")
    with unchanged(), pytest.raises(Refused) as refused:
        add(ctx, "国图", 210)
    assert refused.value.decision.codes == ("target-exists",)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.add_target(name="x", profile={}, ctx=ctx("desk"))
    assert refused.value.decision.codes == ("not-permitted",)
    same = {"kind": "z3950", "address": "127.0.0.1", "port": 211, "database": "Default"}
    commands.change_target(target=target, name="国图", profile=same, ctx=ctx("cataloguer"))
    assert models.Target.objects.get(id=target).password == row.password
    # Not meant for another server: whoever edits targets could read it there.
    moved = same | {"address": "127.0.0.2"}
    commands.change_target(target=target, name="国图", profile=moved, ctx=ctx("cataloguer"))
    assert models.Target.objects.get(id=target).password == ""


def test_a3_found_records_are_forgotten(
    stocked: Stocked, ctx: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = keep(ctx, add(ctx, "国图", 1), encode(BOOKS[0]))
    at = ctx("cataloguer").occurred_at
    worker = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=at)
    assert commands.forget_found(ctx=worker) == 0
    late = Context(actor=SYSTEM, channel="worker", service_point="",
                   occurred_at=at + commands.sharing.KEEP_FOUND * 1.01)  # fmt: skip
    assert commands.forget_found(ctx=late) == 1
    assert queries.found_record(found) is None


def test_a3_no_libyaz_is_said(
    stocked: Stocked, ctx: Callable[..., Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shuxiang.runtime.strangers import Answer, Fault, asking

    add(ctx, "国图", 210)
    monkeypatch.setattr(asking, "ask", lambda q: Answer(fault=Fault("absent")))
    (answer,) = queries.shared_records(isbn="9787020142101")
    assert [r.code for r in answer.faults] == ["target-program-missing"]
