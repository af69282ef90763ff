"""The annual report's figures equal the count that the player kept by itself."""

from __future__ import annotations

import re

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.search import queries as search
from shuxiang.demo.plan import PASSWORD
from shuxiang.statistics import figures, invariants
from shuxiang.statistics.figures import SCOPES
from tests.year.conftest import TODAY, Played

PAIRS = {
    "loan_vol": "loans",
    "loan_person": "borrowing_visits",
    "active_reader": "active_borrowers",
    "renew_vol": "renewals",
    "return_vol": "returns",
    "read_vol": "in_house_uses",
    "cards_new": "cards_issued",
    "visit_gate": "visits",
    "new_coll": "items_added",
}
"""Indicator → what the tally calls it."""


@pytest.mark.parametrize(("scope", "counted"), [("main", "own"), ("subtree", "all")])
@pytest.mark.parametrize("year", [2019, 2020, TODAY.year])
def test_figures_equal_the_tally(played: Played, year: int, scope: str, counted: str) -> None:
    main = places.main_library().id
    found = figures.figures(year, place=main, scope=SCOPES[scope])
    tally = played.year(year, counted)
    reported = {name: found[code].value or 0 for code, name in PAIRS.items()}
    assert reported == {name: tally.get(name, 0) for name in PAIRS.values()}
    assert reported["loans"] > 0


def test_2020_has_last_years_column_and_the_closure_shows(played: Played) -> None:
    main = places.main_library().id
    found = figures.figures(2020, place=main, scope=SCOPES["subtree"])
    assert found["loan_vol"].previous == played.year(2019, "all")["loans"]
    assert found["open_days"].value == 263


def test_the_desk_has_live_loans(played: Played) -> None:
    loans = [v for p in _patrons() for v in circulation.open_loans(p)]
    assert len(loans) > 20
    assert all(v.lent_at.year == TODAY.year for v in loans)


def test_the_acts_are_scaled_and_counted(played: Played) -> None:
    assert 1200 < played.tally["acts"] < 1700


def test_every_invariant_holds(played: Played) -> None:
    # Tests run without synchronous=FULL, which is invariant 9.
    every = [*invariants.check(), *search.check_index()]
    assert len({c.id for c in every}) == len(every)
    checked = [c for c in every if c.id != "9"]
    assert [f"{c.id} {c.detail}" for c in checked if not c.ok] == []
    assert {"1", "2", "3", "10"} <= {c.id for c in every}


def test_the_most_wanted_title_is_found(played: Played) -> None:
    found = search.search(search.Query(text="huozhe"))
    assert found is not None
    title = catalog.title(found.hits[0].title_id)
    assert title is not None
    assert title.title == "活着"


def test_accounts_are_told(played: Played) -> None:
    assert PASSWORD in played.accounts
    for role in ("系统管理员", "审计员", "馆长", "流通馆员", "分馆管理员", "编目员"):
        assert role in played.accounts
    told = re.findall(r"(80\d{8})（(\w+)，\w+）", played.accounts)
    assert len(told) == 3
    cards = [patrons.find_card(number) for number, _ in told]
    assert [patrons.patron_facts(c.patron).category_name for c in cards if c] == [
        category for _, category in told
    ]


def _patrons() -> list[str]:
    from shuxiang.runtime import sql

    return [row[0] for row in sql.all("SELECT id FROM patrons_patron ORDER BY id")]


def test_the_demo_s_machine_is_to_be_set_up_with_what_is_printed(played: Played) -> None:
    """G2: number and password of the accounts' file open the machine's pages."""
    found = re.search(r"kiosk-1 密码 (\w+)", played.accounts)
    assert found is not None
    device = places.device_by_login("kiosk", "kiosk-1")
    assert device is not None
    assert places.device_secret_matches(device.id, found[1])
