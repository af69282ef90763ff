from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import connection

from shuxiang.documents.report import BRANCHES_TOO, LIBRARY_ALONE
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import sql
from shuxiang.statistics import commands, daily, queries, report
from shuxiang.statistics.figures import figures
from tests.conftest import Unchanged
from tests.statistics.conftest import Names
from tests.statistics.rows import Rows
from tests.support.library import Contexts, Library, moment

DAY = date(2020, 6, 10)
LATER = moment("2021-01-20")


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.decision.refusing]


def visits(library: Library, place: str = "", scope: str = BRANCHES_TOO) -> int | None:
    daily.refresh()
    found = figures(2020, place=place or library.main, scope=scope)  # type: ignore[arg-type]
    return found["visit_gate"].value


def test_visits_by_day_and_by_month_r1(library: Library, ctx: Contexts) -> None:
    made = commands.enter_visits(
        place=library.main, day=DAY, number=120, source="device", ctx=ctx("desk")
    )
    assert (made.first_day, made.last_day, made.number) == (DAY, DAY, 120)
    month = commands.enter_visits(
        place=library.east, day=date(2020, 2, 14), number=900, source="manual",
        whole_month=True, ctx=ctx("branch", place=library.east),
    )  # fmt: skip
    assert (month.first_day, month.last_day) == (date(2020, 2, 1), date(2020, 2, 29))
    assert visits(library) == 1020
    assert visits(library, scope=LIBRARY_ALONE) == 120
    found = figures(2020, place=library.main, scope=BRANCHES_TOO)["visit_gate"]
    assert found.source == "人工、设备"
    rows = sql.all("SELECT type, quantity, source FROM ledger_event ORDER BY quantity")
    assert rows == [("visits.entered", 120, "device"), ("visits.entered", 900, "manual")]


def test_a_correction_keeps_the_old_number_to_be_seen_r1(library: Library, ctx: Contexts) -> None:
    first = commands.enter_visits(
        place=library.main, day=DAY, number=120, source="device", ctx=ctx("desk")
    )
    second = commands.correct_visits(entry=first.entry, number=102, why="读错一行", ctx=ctx("desk"))
    assert visits(library) == 102
    newest, oldest = queries.entries((library.main,), date(2020, 1, 1), date(2020, 12, 31))
    assert (newest.id, newest.number, newest.why, newest.standing) == (
        second.entry, 102, "读错一行", True,
    )  # fmt: skip
    assert (oldest.id, oldest.number, oldest.standing) == (first.entry, 120, False)
    assert newest.corrects == oldest.id
    assert newest.account_name == "流通馆员"
    assert sorted(q for (q,) in sql.all("SELECT quantity FROM ledger_event")) == [-120, 102, 120]
    with pytest.raises(Refused) as refused:
        commands.correct_visits(entry=first.entry, number=99, why="再改", ctx=ctx("desk"))
    assert codes(refused) == ["entry-already-corrected"]
    commands.correct_visits(entry=second.entry, number=0, why="录错馆", ctx=ctx("desk"))
    assert visits(library) == 0


def test_taken_back_days_may_be_entered_again_r1(library: Library, ctx: Contexts) -> None:
    first = commands.enter_visits(
        place=library.main, day=DAY, number=5, source="manual", ctx=ctx("desk")
    )
    commands.correct_visits(entry=first.entry, number=0, why="录错馆", ctx=ctx("desk"))
    commands.enter_visits(place=library.main, day=DAY, number=7, source="device", ctx=ctx("desk"))
    assert visits(library) == 7


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"number": -1}, ["number-out-of-range"]),
        ({"number": 10_000_001}, ["number-out-of-range"]),
        ({"source": "guess"}, ["count-source-unknown"]),
        ({"source": "estimate"}, ["estimate-without-note"]),
        ({"day": date(2020, 6, 11)}, ["day-in-future"]),
        ({"number": -1, "source": "x", "day": date(2021, 1, 1)},
         ["number-out-of-range", "count-source-unknown", "day-in-future"]),
        ({"place": "0" * 32}, ["place-unknown"]),
        ({"note": "x" * 201}, ["text-too-long"]),
        ({"day": date(2020, 6, 9)}, ["count-already-entered"]),
        ({"whole_month": True}, ["count-already-entered"]),
    ],
)  # fmt: skip
def test_what_visits_are_refused_for_r1(
    change: dict[str, object], expected: list[str], library: Library, ctx: Contexts,
    unchanged: Unchanged,
) -> None:  # fmt: skip
    given = {"place": library.main, "day": DAY, "number": 3, "source": "manual"}
    commands.enter_visits(
        place=library.main, day=date(2020, 6, 9), number=8, source="manual", ctx=ctx("desk")
    )
    with unchanged(), pytest.raises(Refused) as refused:
        commands.enter_visits(**(given | change), ctx=ctx("desk"))  # type: ignore[arg-type]
    assert codes(refused) == expected


def test_two_doors_of_a_site_are_counted_apart_r1(library: Library, ctx: Contexts) -> None:
    for counter, number in (("正门", 100), ("少儿馆门", 40)):
        commands.enter_visits(
            place=library.main, day=DAY, number=number, source="device", counter=counter,
            ctx=ctx("desk"),
        )  # fmt: skip
    assert visits(library) == 140


def test_visits_are_for_the_sites_of_the_account_r1(library: Library, ctx: Contexts) -> None:
    with pytest.raises(Refused) as refused:
        commands.enter_visits(
            place=library.main, day=DAY, number=3, source="manual",
            ctx=ctx("branch", place=library.east),
        )  # fmt: skip
    assert codes(refused) == ["not-permitted"]


def test_in_house_uses_are_kept_apart_by_source_e3(
    library: Library, ctx: Contexts, rows: Rows
) -> None:
    rows.add("item.used", DAY, library.main, source="scan")
    commands.enter_in_house_uses(
        place=library.main, day=DAY, number=30, source="manual", ctx=ctx("desk")
    )
    commands.enter_in_house_uses(
        place=library.main, day=DAY, number=200, source="sample", whole_month=True,
        counter="期刊室", ctx=ctx("desk"),
    )  # fmt: skip
    daily.refresh()
    found = figures(2020, place=library.main, scope=LIBRARY_ALONE)["read_vol"]
    assert (found.value, found.source) == (231, "人工、扫描、抽样")


@pytest.fixture
def contradiction(library: Library, rows: Rows, reader: Names) -> None:
    """Three borrowing visits, two people through the gate."""
    for name in "abc":
        rows.add("loan.opened", DAY, library.main, patron=reader(name))
    rows.add("visits.entered", DAY, library.main, quantity=2, source="device")
    daily.refresh()


def publish(library: Library, ctx: Contexts, **more: object) -> commands.Published:
    return commands.publish_report(
        year=2020,
        place=library.main,
        **more,
        ctx=ctx("director", at=LATER),  # type: ignore[arg-type]
    )


def explain_all(library: Library, ctx: Contexts) -> int:
    found = report.draft(2020, place=library.main, scope=BRANCHES_TOO).unexplained
    for finding in found:
        commands.explain_finding(
            year=2020, place=library.main, scope="subtree", fingerprint=finding.fingerprint,
            text="门禁停电半日", ctx=ctx("director", at=LATER),
        )  # fmt: skip
    return len(found)


def test_publishing_waits_for_a_signed_explanation_w4(
    library: Library, ctx: Contexts, contradiction: None, unchanged: Unchanged
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        publish(library, ctx)
    assert codes(refused) == ["finding-unexplained"] * 2
    facts = [r.data["statement"] for r in refused.value.decision.refusing]
    assert facts == [
        "外借人次 3 大于进馆人次 2（含分馆）。",
        "外借人次 3 大于进馆人次 2（本馆）。",
    ]
    assert explain_all(library, ctx) == 2
    made = publish(library, ctx)
    assert made.number == 1
    edition = queries.edition(made.edition)
    assert edition is not None
    assert edition.intact
    finding = edition.report.findings[0]
    assert (finding.explanation, finding.signed_by) == ("门禁停电半日", "馆长")
    assert finding.signed_on == date(2021, 1, 20)
    assert edition.report.issued_on == date(2021, 1, 20)


def test_an_explanation_is_good_for_its_numbers_only_w4(
    library: Library, ctx: Contexts, rows: Rows, reader: Names, contradiction: None
) -> None:
    explain_all(library, ctx)
    rows.add("loan.opened", DAY, library.main, patron=reader("d"))
    daily.refresh()
    with pytest.raises(Refused) as refused:
        publish(library, ctx)
    assert codes(refused) == ["finding-unexplained"] * 2


def test_an_edition_never_changes_w4(
    library: Library, ctx: Contexts, rows: Rows, contradiction: None
) -> None:
    explain_all(library, ctx)
    first = publish(library, ctx)
    with pytest.raises(Refused) as refused:
        publish(library, ctx, why="再印一次")
    assert codes(refused) == ["edition-unchanged"]
    rows.add("visits.entered", DAY, library.east, quantity=50, source="manual")
    rows.add("visits.entered", DAY, library.main, quantity=40, source="manual")
    daily.refresh()
    with pytest.raises(Refused) as refused:
        publish(library, ctx)
    assert codes(refused) == ["why-missing"]
    second = publish(library, ctx, why="补录分馆进馆人次")
    assert (first.number, second.number) == (1, 2)
    assert second.last_seq == first.last_seq + 3
    old, new = queries.edition(first.edition), queries.edition(second.edition)
    assert old is not None
    assert new is not None
    assert json.loads(old.figures)["visit_gate"]["value"] == 2
    assert json.loads(new.figures)["visit_gate"]["value"] == 92
    assert old.report.figure("visit_gate", BRANCHES_TOO).value == 2
    assert old.intact
    assert new.intact
    assert queries.latest_edition(2020, library.main, "subtree") == new
    published = sql.all("SELECT subject FROM ledger_event WHERE type = 'report.published'")
    assert {s for (s,) in published} == {first.edition, second.edition}


def test_a_running_year_is_not_published_nor_sealed(
    library: Library, ctx: Contexts, rows: Rows
) -> None:
    rows.add("loan.opened", DAY, library.main)
    daily.refresh()
    for act in (
        lambda at: commands.publish_report(year=2020, place=library.main, ctx=ctx(at=at)),
        lambda at: commands.seal_year(year=2020, ctx=ctx(at=at)),
    ):
        with pytest.raises(Refused) as refused:
            act(moment("2020-12-31"))
        assert codes(refused) == ["year-not-over"]


def test_counts_behind_the_ledger_are_not_published(
    library: Library, ctx: Contexts, rows: Rows
) -> None:
    rows.add("loan.opened", DAY, library.main)
    with pytest.raises(Refused) as refused:
        publish(library, ctx)
    assert codes(refused) == ["counts-behind"]
    daily.refresh()
    assert publish(library, ctx).number == 1
    with pytest.raises(Refused) as refused:
        commands.publish_report(year=2018, place=library.main, ctx=ctx("director", at=LATER))
    assert codes(refused) == ["year-without-data"]


def test_publishing_is_for_those_who_may(library: Library, ctx: Contexts) -> None:
    with pytest.raises(Refused) as refused:
        commands.publish_report(year=2020, place=library.main, ctx=ctx("desk", at=LATER))
    assert codes(refused) == ["not-permitted"]


def test_sealing_destroys_the_key_and_changes_no_figure(
    library: Library, ctx: Contexts, rows: Rows, reader: Names
) -> None:
    for name in "aab":
        rows.add("loan.opened", DAY, library.main, patron=reader(name))
    daily.refresh()
    before = figures(2020, place=library.main, scope=BRANCHES_TOO)
    commands.seal_year(year=2020, ctx=ctx(at=LATER))
    assert sql.one("SELECT secret FROM ledger_yearkey WHERE year = 2020") == ("",)
    daily.rebuild(date(2020, 1, 1), date(2020, 12, 31))
    after = figures(2020, place=library.main, scope=BRANCHES_TOO)
    assert (after["loan_person"].value, after["active_reader"].value) == (2, 2)
    assert {c: f.value for c, f in after.items()} == {c: f.value for c, f in before.items()}
    with pytest.raises(Refused) as refused:
        commands.seal_year(year=2020, ctx=ctx(at=LATER))
    assert codes(refused) == ["year-already-sealed"]


def test_the_librarys_own_text_has_its_numbers_as_tokens(
    library: Library, ctx: Contexts, rows: Rows
) -> None:
    rows.add("loan.opened", DAY, library.main)
    rows.add("loan.opened", DAY, library.east)
    daily.refresh()

    def write(text: str) -> None:
        commands.write_narrative(
            year=2020, place=library.main, section="activities", text=text, ctx=ctx("director")
        )

    write("全年外借 {loan_vol.unit}。\n\n举办活动若干。")
    made = report.build(2020, place=library.main, scope=BRANCHES_TOO)
    section = next(s for s in made.sections if s.heading == "群众文化活动")
    assert section.paragraphs == ("全年外借 {loan_vol|含分馆.unit}。", "举办活动若干。")
    for text in ("全年 {loans}", "一个括号 {"):
        with pytest.raises(Refused) as refused:
            write(text)
        assert codes(refused) == ["token-unknown"]
    write("")
    assert sql.all("SELECT 1 FROM statistics_narrative") == []


def test_editions_can_be_told_from_changed_ones(
    library: Library, ctx: Contexts, rows: Rows
) -> None:
    rows.add("loan.opened", DAY, library.main)
    daily.refresh()
    made = publish(library, ctx)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE statistics_edition SET figures = REPLACE(figures, '1', '2')")
    edition = queries.edition(made.edition)
    assert edition is not None
    assert not edition.intact
