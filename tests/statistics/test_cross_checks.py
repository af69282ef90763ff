from __future__ import annotations

from datetime import date

from django.db import connection

from shuxiang.documents.report import BRANCHES_TOO, LIBRARY_ALONE
from shuxiang.documents.report.model import Scope
from shuxiang.statistics import commands, daily, report
from shuxiang.statistics.counts import Counts
from shuxiang.statistics.cross_checks import Found, check
from shuxiang.statistics.figures import figures
from tests.statistics.conftest import Names
from tests.statistics.rows import Rows
from tests.support.library import Contexts, Library

DAY = "2020-06-10"


def found(
    place: str, scope: Scope = BRANCHES_TOO, until: date | None = None
) -> dict[str, list[Found]]:
    daily.refresh()
    counts = Counts(2020)
    numbers = figures(2020, place=place, scope=scope, counts=counts)
    every = check(2020, place=place, scope=scope, found=numbers, counts=counts, until=until)
    by_rule: dict[str, list[Found]] = {}
    for one in every:
        by_rule.setdefault(one.rule, []).append(one)
    return by_rule


def test_more_borrowers_than_visitors_is_a_contradiction_w4(
    library: Library, rows: Rows, reader: Names
) -> None:
    """The 2020 report's: right only where the scopes differ, so each scope is checked by itself."""
    rows.add("visits.entered", DAY, library.main, quantity=2, source="device")
    rows.add("loan.opened", DAY, library.main, patron=reader("a"))
    for name in "bc":
        rows.add("loan.opened", DAY, library.east, patron=reader(name))
    alone = found(library.main, LIBRARY_ALONE)
    assert "borrowers-above-visits" not in alone
    below = found(library.main)["borrowers-above-visits"]
    assert [f.facts for f in below] == [{"loan_person": 3, "visit_gate": 2}]
    assert below[0].needs_explanation
    rows.add("visits.entered", DAY, library.east, quantity=1, source="manual")
    assert "borrowers-above-visits" not in found(library.main)


def test_without_visits_there_is_nothing_to_contradict_w4(
    library: Library, rows: Rows, reader: Names
) -> None:
    rows.add("loan.opened", DAY, library.main, patron=reader("a"))
    assert "borrowers-above-visits" not in found(library.main)


def test_sums_that_disagree_are_found_w4(library: Library, rows: Rows) -> None:
    rows.add("loan.opened", DAY, library.main)
    rows.add("loan.opened", DAY, library.east)
    assert not {"sites-not-total", "months-not-year"} & set(found(library.main))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM statistics_monthcount WHERE measure = 'loan.opened'"
                       " AND place = %s", [library.east])  # fmt: skip
    sums = found(library.main)
    for rule in ("sites-not-total", "months-not-year"):
        facts = sums[rule][0].facts
        assert (facts["measure"], facts["total"]) == ("loan.opened", 2)


def test_loans_at_a_place_outside_the_tree_are_found_w4(library: Library, rows: Rows) -> None:
    rows.add("loan.opened", DAY, library.main)
    rows.add("loan.opened", DAY, "0" * 32)
    assert [f.facts["sites"] for f in found(library.network)["sites-not-total"]] == [1]
    assert "sites-not-total" not in found(library.main)


def test_stock_below_nothing_and_additions_to_come_w4(library: Library, rows: Rows) -> None:
    owned = {"owner_place": library.main}
    rows.add("item.withdrawn", DAY, library.main, clc="I", **owned)
    rows.add("item.accessioned", "2020-12-30", library.main, clc="K", source="gift", **owned)
    by_rule = found(library.main, until=date(2020, 12, 1))
    assert [f.facts for f in by_rule["stock-negative"]] == [{"clc": "I", "count": -1}]
    assert [f.facts for f in by_rule["accessioned-in-future"]] == [{"items": 1}]
    assert "accessioned-in-future" not in found(library.main, until=date(2020, 12, 31))


def test_open_days_without_visits_are_told_w4(library: Library, ctx: Contexts, rows: Rows) -> None:
    """Ten days to 12 January 2020, Mondays closed: an entry of a month covers all of its days."""
    rows.add("loan.opened", "2020-01-02", library.main)
    for day in (date(2020, 1, 2), date(2020, 1, 6)):
        commands.enter_visits(
            place=library.main, day=day, number=5, source="manual", ctx=ctx("desk")
        )
    rows.add("visits.entered", "2020-01-03", library.main, quantity=5, source="device")
    by_rule = found(library.main, LIBRARY_ALONE, until=date(2020, 1, 12))
    assert [f.facts for f in by_rule["visits-missing"]] == [{"place": "main", "days": 9}]
    assert [f.facts for f in by_rule["visits-when-closed"]] == [{"place": "main", "days": 1}]
    assert not by_rule["visits-missing"][0].needs_explanation
    sources = by_rule["sources-mixed"]
    assert [f.facts for f in sources] == [{"人工": 10, "设备": 5}]
    commands.enter_visits(
        place=library.main, day=date(2020, 1, 1), number=90, source="manual", whole_month=True,
        counter="侧门", ctx=ctx("desk"),
    )  # fmt: skip
    assert "visits-missing" not in found(library.main, LIBRARY_ALONE, until=date(2020, 1, 12))


def test_the_report_prints_contradictions_and_notes_apart_w4(
    library: Library, rows: Rows, reader: Names
) -> None:
    for name in "ab":
        rows.add("loan.opened", DAY, library.main, patron=reader(name))
    rows.add("visits.entered", DAY, library.main, quantity=1, source="device")
    daily.refresh()
    made = report.build(2020, place=library.main, scope=BRANCHES_TOO)
    assert {f.rule for f in made.findings} == {"borrowers-above-visits"}
    notes = next(s for s in made.appendix if s.heading == "数据说明").paragraphs
    assert notes[0] == "总馆：314 个开放日中 313 天没有进馆人次。"
