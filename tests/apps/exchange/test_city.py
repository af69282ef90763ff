"""The city library: its card here, ours there, its books given back, loans between us, and all of it
with the link down (rows F4, Y2; cases VC-, FR-, IL- of docs/circulation/branches.md)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.exchange import commands, queries, rules, sending
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.commands import suspend
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.documents.report import BRANCHES_TOO
from shuxiang.kernel import clock
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.statistics import daily, invariants
from shuxiang.statistics.figures import figures
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
Unchanged = Callable[[], AbstractContextManager[None]]
NOW = moment("2020-06-10", "10:00")
TODAY = date(2020, 6, 10)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.decision.refusing]


@pytest.fixture
def city(
    stocked: Stocked,
    ctx: Contexts,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """市图书馆, reached by files: two books on a checked card, one on an unchecked one."""
    settings.HOME = tmp_path
    monkeypatch.setattr(clock, "now", lambda: NOW)
    partner = commands.add_partner(
        code="city", name="市图书馆", adapter="file", ctx=ctx("director")
    )
    commands.agree(
        partner=partner,
        valid_from=TODAY,
        cards=True,
        reader_category="adult",
        card_prefix="C",
        card_digits=6,
        loan_limit=2,
        offline_limit=1,
        returns=True,
        item_prefix="S",
        item_digits=7,
        lending=True,
        our_cards=True,
        ctx=ctx("director"),
    )
    return partner


# --- rules ---------------------------------------------------------------------------------------

TERMS = rules.Terms(
    id="a", partner="c", valid_from=TODAY, cards=True, loan_limit=2, check_days=7, offline_limit=1
)


@pytest.mark.parametrize(
    ("case", "terms", "state", "checked", "open_loans", "answer"),
    [
        ("VC-1", None, "valid", TODAY, 0, ["visitor-no-agreement"]),
        ("VC-2", TERMS, "invalid", TODAY, 0, ["visitor-invalid"]),
        ("VC-3", TERMS, "valid", TODAY, 1, []),
        ("VC-3", TERMS, "valid", TODAY, 2, ["visitor-limit"]),
        ("VC-3", TERMS, "valid", TODAY - timedelta(days=6), 1, []),
        ("VC-5", TERMS, "valid", TODAY - timedelta(days=7), 1, ["visitor-unchecked"]),
        ("VC-4", TERMS, "unchecked", None, 0, []),
        ("VC-5", TERMS, "unchecked", None, 1, ["visitor-unchecked"]),
    ],
)
def test_vc_may_visit(
    case: str,
    terms: rules.Terms | None,
    state: str,
    checked: date | None,
    open_loans: int,
    answer: list[str],
) -> None:
    found = rules.may_visit(
        terms=terms, state=state, checked_on=checked, on=TODAY, open_loans=open_loans
    )
    assert [r.code for r in found] == answer, case
    limit = rules.visit_limit(terms=terms, state=state, checked_on=checked, on=TODAY)
    assert limit is not None
    assert (open_loans < limit) == (not answer)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("C123456", True),
        ("C12345", False),
        ("D123456", False),
        ("C12345X", False),
        ("C１23456", False),
    ],
)
def test_a_code_looks_like_a_card(code: str, answer: bool) -> None:
    assert rules.looks(code, "C", 6) is answer
    assert rules.looks(code, "", 0) is False


def test_messages_are_tried_later_each_time() -> None:
    waits = [rules.next_try(n, NOW) - NOW for n in (1, 2, 3, 4, 5, 6, 50)]
    assert [w.total_seconds() // 60 for w in waits] == [1, 5, 15, 60, 240, 240, 240]


# --- their card here -----------------------------------------------------------------------------


def cards_file(home: Path, text: str, *, old: bool = False) -> None:
    path = home / "exchange" / "city" / "in" / "cards.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("number,state,valid_until\n" + text, "utf-8")
    at = (NOW - timedelta(days=8 if old else 1)).timestamp()
    os.utime(path, (at, at))


def test_y2_link_up_a_card_is_checked_and_borrows(
    stocked: Stocked, ctx: Contexts, city: str, tmp_path: Path
) -> None:
    cards_file(tmp_path, "C000001,valid,2021-12-31\nC000002,lost,2021-12-31\n")
    partner = queries.partner(city)
    assert partner is not None
    answer = queries.verify(partner, "C000001")
    assert answer is not None
    assert (answer.valid, answer.valid_until) == (True, date(2021, 12, 31))
    for number, valid in (("C000002", False), ("C000009", False)):
        found = queries.verify(partner, number)
        assert found is not None
        assert found.valid is valid
    made = commands.accept_card(
        partner=city, number="C000001", name="周九", valid=True, how="link",
        valid_until=date(2021, 12, 31), ctx=ctx("desk"),
    )  # fmt: skip
    assert (made.new, made.state) == (True, "valid")
    # VC-7: the loan rule would allow five.
    more = [
        circulation.check_out(item_barcode=barcode, card="C000001", ctx=ctx("desk")).remaining
        for barcode in ("B001", "B002")
    ]
    assert more == [1, 0]
    with pytest.raises(Refused) as refused:
        circulation.check_out(item_barcode="B003", card="C000001", ctx=ctx("desk"))
    assert codes(refused) == ["visitor-limit"]


def test_y2_link_down_the_card_in_hand_is_trusted_for_one_book(
    stocked: Stocked, ctx: Contexts, city: str, tmp_path: Path, unchanged: Unchanged
) -> None:
    partner = queries.partner(city)
    assert partner is not None
    assert queries.verify(partner, "C000001") is None
    cards_file(tmp_path, "C000001,valid,2021-12-31\n", old=True)
    assert queries.verify(partner, "C000001") is None
    commands.accept_card(partner=city, number="C000001", name="周九", ctx=ctx("desk"))
    lent = circulation.check_out(item_barcode="B001", card="C000001", ctx=ctx("desk"))
    assert (lent.open_loans, lent.remaining) == (1, 0)
    assert queries.visit_limit(lent.patron, city, NOW) == 1
    assert queries.visit_limit(stocked.patrons["adult"], stocked.library.main, NOW) is None
    with unchanged(), pytest.raises(Refused) as refused:
        circulation.check_out(item_barcode="B002", card="C000001", ctx=ctx("desk"))
    assert codes(refused) == ["visitor-unchecked"]
    # A telephone call is a check as well; the person in charge may do without.
    lift = (Override("visitor-unchecked", "馆长同意"),)
    circulation.check_out(item_barcode="B002", card="C000001", ctx=ctx("desk", overrides=lift))
    circulation.check_in(item_barcode="B001", ctx=ctx("desk", at=NOW + timedelta(minutes=1)))
    again = commands.accept_card(
        partner=city, number="C000001", valid=True, how="clerk", ctx=ctx("desk")
    )
    assert (again.new, again.state) == (False, "valid")
    later = ctx("desk", at=NOW + timedelta(minutes=2))
    assert circulation.check_out(item_barcode="B003", card="C000001", ctx=later).barcode == "B003"


def test_y2_what_no_card_can_be(
    stocked: Stocked, ctx: Contexts, city: str, unchanged: Unchanged
) -> None:
    for given, code in (
        ({"number": "X1", "name": "周九"}, "visitor-number"),
        ({"number": "C000001"}, "name-missing"),
        ({"number": "C000001", "name": "周九", "valid": True}, "visitor-check-unknown"),
        ({"number": "C000001", "name": "周九", "partner": stocked.library.east}, "partner-unknown"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.accept_card(**({"partner": city} | given), ctx=ctx("desk"))  # type: ignore[arg-type]
        assert codes(refused) == [code]
    commands.accept_card(
        partner=city, number="C000001", name="周九", valid=False, how="clerk", ctx=ctx("desk")
    )
    with pytest.raises(Refused) as refused:
        circulation.check_out(item_barcode="B001", card="C000001", ctx=ctx("desk"))
    assert codes(refused) == ["visitor-invalid"]


def test_y2_an_agreement_ends_and_so_do_its_cards(
    stocked: Stocked, ctx: Contexts, city: str
) -> None:
    commands.accept_card(
        partner=city, number="C000001", name="周九", valid=True, how="clerk", ctx=ctx("desk")
    )
    (row,) = queries.agreements(city)
    commands.end_agreement(agreement=row.id, last_day=TODAY, ctx=ctx("director"))
    with pytest.raises(Refused) as refused:
        circulation.check_out(
            item_barcode="B001", card="C000001", ctx=ctx("desk", at=moment("2020-06-11"))
        )
    assert codes(refused) == ["visitor-no-agreement"]


def test_y2_our_cards_are_published_without_names(
    stocked: Stocked, ctx: Contexts, city: str, tmp_path: Path
) -> None:
    assert sending.publish_cards() == 1
    text = (tmp_path / "exchange" / "city" / "out" / "cards.csv").read_text("utf-8")
    assert text.splitlines()[0] == "number,state,valid_until"
    assert sorted(line.split(",")[0] for line in text.splitlines()[1:]) == sorted(
        stocked.cards.values()
    )
    assert "李四" not in text


# --- their books here ----------------------------------------------------------------------------


def test_fr_link_down_nothing_is_lost_and_told_once_when_it_is_up(
    stocked: Stocked,
    ctx: Contexts,
    city: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unchanged: Unchanged,
) -> None:
    """Y2, FR-2: the folder can't be written, then it can."""
    (tmp_path / "exchange").write_text("a file where the folder should be")
    done = commands.take_return(partner=city, barcode="S1234567", ctx=ctx("desk"))
    with unchanged():
        again = commands.take_return(partner=city, barcode="S1234567", ctx=ctx("desk"))
    assert (done.again, again.again) == (False, True)
    assert sending.send_due() == 0
    (waits,) = queries.messages_waiting(city)
    assert (waits.tries, waits.next_at) == (1, NOW + timedelta(minutes=1))
    assert sending.send_due() == 0
    assert queries.messages_waiting(city)[0].tries == 1
    (tmp_path / "exchange").unlink()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=2))
    assert sending.send_due() == 1
    assert sending.send_due() == 0
    (path,) = (tmp_path / "exchange" / "city" / "out").iterdir()
    (line,) = path.read_text("utf-8").splitlines()
    told = json.loads(line)
    assert (told["kind"], told["barcode"], told["key"]) == (
        "return",
        "S1234567",
        f"return:{done.id}",
    )


def test_fr_1_kept_for_the_courier_and_counted_for_the_partner(
    stocked: Stocked, ctx: Contexts, city: str
) -> None:
    done = commands.take_return(partner=city, barcode="S1234567", ctx=ctx("desk"))
    assert (done.barcode, done.partner, done.again) == ("S1234567", city, False)
    (kept,) = queries.returns_waiting([stocked.library.main])
    assert (kept.id, kept.partner, kept.barcode, kept.sent_at) == (done.id, city, "S1234567", None)
    (told,) = queries.messages_waiting(city)
    assert told.kind == "return"
    (row,) = Event.objects.filter(type="partner.returned")
    assert (row.subject, row.library, row.quantity) == (done.id, city, 1)
    assert not Event.objects.filter(type="loan.closed").exists()
    daily.refresh()
    made = figures(2020, place=stocked.library.main, scope=BRANCHES_TOO)
    assert (made["return_for_partner"].value, made["return_vol"].value) == (1, 0)


def test_fr_3_only_what_is_agreed_and_looks_like_theirs(
    stocked: Stocked, ctx: Contexts, city: str, unchanged: Unchanged
) -> None:
    county = commands.add_partner(
        code="county", name="县图书馆", adapter="manual", ctx=ctx("director")
    )
    commands.agree(partner=county, valid_from=TODAY, lending=True, ctx=ctx("director"))
    for partner, barcode, code in (
        (county, "S1234567", "return-not-agreed"),
        (city, "S123456", "return-number"),
        (city, "B001", "return-number"),
        (city, " ", "return-number"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.take_return(partner=partner, barcode=barcode, ctx=ctx("desk"))
        assert codes(refused) == [code]


def test_fr_5_sent_on_and_given_back_again(
    stocked: Stocked, ctx: Contexts, city: str, unchanged: Unchanged
) -> None:
    first = commands.take_return(partner=city, barcode="S1234567", ctx=ctx("desk"))
    assert commands.send_returns(partner=city, ctx=ctx("desk")) == 1
    with unchanged(), pytest.raises(Refused) as refused:
        commands.send_returns(partner=city, ctx=ctx("desk"))
    assert codes(refused) == ["return-nothing"]
    second = commands.take_return(partner=city, barcode="S1234567", ctx=ctx("desk"))
    assert second.id != first.id
    with unchanged(), pytest.raises(Refused) as refused:
        commands.take_return(partner=city, barcode="B1", ctx=ctx("desk"))
    assert codes(refused) == ["return-number"]


# --- loans between us ----------------------------------------------------------------------------


def borrowed(stocked: Stocked, ctx: Contexts, city: str, back_by: date) -> tuple[str, str]:
    made = commands.ask_interloan(
        partner=city, card=stocked.cards["adult"], title="平凡的世界", author="路遥著",
        ctx=ctx("desk"),
    )  # fmt: skip
    item = commands.receive_interloan(
        interloan=made, barcode="S7654321", back_by=back_by, ctx=ctx("desk")
    )
    return made, item


def test_f4_asked_received_lent_given_back_and_sent_back(
    stocked: Stocked, ctx: Contexts, city: str, unchanged: Unchanged
) -> None:
    """F4; IL-1, IL-2, IL-3, IL-4, IL-5."""
    made, item = borrowed(stocked, ctx, city, date(2020, 7, 1))
    found = stock.scanned_item(item)
    assert found is not None
    assert (found.library, found.owner, found.holder) == (city, city, stocked.library.main)
    with unchanged(), pytest.raises(Refused) as refused:
        circulation.check_out(item_barcode="S7654321", card=stocked.cards["other"], ctx=ctx("desk"))
    assert codes(refused) == ["interloan-for-another"]
    done = circulation.check_out(
        item_barcode="S7654321", card=stocked.cards["adult"], ctx=ctx("desk")
    )
    # 30 days by the rule, but it must be back on Wednesday 2020-07-01.
    assert (done.title_text, done.due_on) == ("平凡的世界", date(2020, 7, 1))
    with unchanged(), pytest.raises(Refused) as refused:
        circulation.renew(loan=done.loan, ctx=ctx("desk"))
    assert codes(refused) == ["renewal-adds-nothing"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.return_interloan(interloan=made, ctx=ctx("desk"))
    assert codes(refused) == ["item-on-loan"]
    back = moment("2020-06-20")
    tells = circulation.check_in(item_barcode="S7654321", ctx=ctx("desk", at=back)).tells
    assert ("belongs-elsewhere", city) in [(t.code, t.data.get("owner")) for t in tells]
    commands.return_interloan(interloan=made, ctx=ctx("desk", at=back))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.cancel_interloan(interloan=made, ctx=ctx("desk", at=back))
    assert codes(refused) == ["interloan-state"]
    assert loans.transit_of(item) is None
    gone = stock.scanned_item(item)
    assert gone is not None
    assert gone.status == "withdrawn"
    kinds = [m.kind for m in queries.messages_waiting(city)]
    assert kinds == ["ask", "back"]
    # The same copy may come again.
    borrowed(stocked, ctx, city, date(2020, 8, 1))


def test_i13_a_request_forgets_its_reader_with_the_history(
    stocked: Stocked, ctx: Contexts, city: str
) -> None:
    made, _item = borrowed(stocked, ctx, city, date(2020, 7, 1))
    commands.return_interloan(interloan=made, ctx=ctx("desk"))
    assert commands.forget_asked(ctx=ctx(at=moment("2021-06-01"))) == 0
    assert commands.forget_asked(ctx=ctx(at=moment("2021-06-12"))) == 1
    found = queries.interloan(made)
    assert found is not None
    assert found.patron == ""


def test_il_4_on_its_day_it_is_not_lent_any_more(
    stocked: Stocked, ctx: Contexts, city: str
) -> None:
    borrowed(stocked, ctx, city, date(2020, 6, 12))
    with pytest.raises(Refused) as refused:
        circulation.check_out(
            item_barcode="S7654321", card=stocked.cards["adult"], ctx=ctx(at=moment("2020-06-12"))
        )
    assert codes(refused) == ["interloan-back-due"]


def test_il_what_is_refused(
    stocked: Stocked, ctx: Contexts, city: str, unchanged: Unchanged
) -> None:
    """IL-1, IL-2.1, IL-6."""
    with unchanged(), pytest.raises(Refused) as refused:
        commands.ask_interloan(
            partner=city, card=stocked.cards["adult"], title=" ", ctx=ctx("desk")
        )
    assert codes(refused) == ["title-missing"]
    made = commands.ask_interloan(
        partner=city, card=stocked.cards["adult"], title="平凡的世界", ctx=ctx("desk")
    )
    with unchanged(), pytest.raises(Refused) as refused:
        commands.receive_interloan(interloan=made, barcode="", back_by=TODAY, ctx=ctx("desk"))
    assert codes(refused) == ["interloan-back-by", "barcode-missing"]
    for day in (TODAY, TODAY - timedelta(days=1)):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.receive_interloan(interloan=made, barcode="S1", back_by=day, ctx=ctx("desk"))
        assert codes(refused) == ["interloan-back-by"]
    suspend(patron=stocked.patrons["other"], until=date(2020, 7, 1), why="污损", ctx=ctx("desk"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.ask_interloan(
            partner=city, card=stocked.cards["other"], title="活着", ctx=ctx("desk")
        )
    assert codes(refused) == ["patron-suspended"]
    arrived, _item = borrowed(stocked, ctx, city, date(2020, 7, 1))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.cancel_interloan(interloan=arrived, ctx=ctx("desk"))
    assert codes(refused) == ["interloan-state"]
    commands.cancel_interloan(interloan=made, ctx=ctx("desk"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.cancel_interloan(interloan=made, ctx=ctx("desk"))
    assert codes(refused) == ["interloan-state"]


def test_f4_counted_once_and_apart(stocked: Stocked, ctx: Contexts, city: str) -> None:
    """One own loan, one on a city card, one borrowed from the city, one book taken back for it (VC-6)."""
    borrowed(stocked, ctx, city, date(2020, 7, 1))
    later = ctx("desk", at=moment("2020-06-20"))
    circulation.check_out(item_barcode="S7654321", card=stocked.cards["adult"], ctx=ctx("desk"))
    circulation.check_in(item_barcode="S7654321", ctx=later)
    circulation.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk"))
    commands.accept_card(
        partner=city, number="C000001", name="周九", valid=True, how="clerk", ctx=ctx("desk")
    )
    circulation.check_out(item_barcode="B002", card="C000001", ctx=ctx("desk"))
    commands.take_return(partner=city, barcode="S1234567", ctx=ctx("desk"))
    assert sorted(e.source for e in Event.objects.filter(type="loan.opened")) == [
        "",
        "interloan",
        "visitor",
    ]
    daily.refresh()
    made = figures(2020, place=stocked.library.main, scope=BRANCHES_TOO)
    expected = {"loan_vol": 2, "loan_visitor": 1, "interloan_in": 1, "return_for_partner": 1,
                "return_vol": 0, "loan_person": 2, "coll": 10, "new_coll": 10, "weeded": 0,
                "cards_new": 3, "cards_valid": 3}  # fmt: skip
    assert {code: made[code].value for code in expected} == expected
    broken = [f"{c.id} {c.detail}" for c in invariants.check() if not c.ok and c.id != "9"]
    assert broken == []


def test_il_4_1_in_no_figure_of_our_own_loans_but_the_visit_counts(
    stocked: Stocked, ctx: Contexts, city: str
) -> None:
    borrowed(stocked, ctx, city, date(2020, 9, 30))
    card = stocked.cards["adult"]
    lent = circulation.check_out(item_barcode="S7654321", card=card, ctx=ctx("desk"))
    renewed = circulation.renew(loan=lent.loan, ctx=ctx("desk", at=moment("2020-06-20")))
    assert (lent.due_on, renewed.due_on) == (date(2020, 7, 10), date(2020, 8, 9))
    circulation.check_in(item_barcode="S7654321", ctx=ctx("desk", at=moment("2020-06-21")))
    rows = Event.objects.filter(type__startswith="loan.").order_by("id")
    assert [(e.type, e.source) for e in rows] == [
        ("loan.opened", "interloan"),
        ("loan.renewed", "interloan"),
        ("loan.closed", "interloan"),
    ]
    daily.refresh()
    made = figures(2020, place=stocked.library.main, scope=BRANCHES_TOO)
    expected = {"loan_vol": 0, "renew_vol": 0, "return_vol": 0, "interloan_in": 1, "loan_person": 1}
    assert {code: made[code].value for code in expected} == expected


def test_b4_the_city_s_numbers_are_asked_like_any_other(
    stocked: Stocked, ctx: Contexts, city: str
) -> None:
    """A city item and a city card with numbers of ours (SC-5, SC-6)."""
    commands.agree(
        partner=city, valid_from=date(2020, 6, 11), cards=True, reader_category="adult",
        lending=True, ctx=ctx("director"),
    )  # fmt: skip
    tomorrow = moment("2020-06-11")
    made = commands.ask_interloan(
        partner=city, card=stocked.cards["adult"], title="平凡的世界", ctx=ctx("desk", at=tomorrow)
    )
    commands.receive_interloan(
        interloan=made, barcode="B001", back_by=date(2020, 7, 1), ctx=ctx("desk", at=tomorrow)
    )
    number = stocked.cards["adult"]
    commands.accept_card(
        partner=city, number=number, name="周九", valid=True, how="clerk",
        ctx=ctx("desk", at=tomorrow),
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        circulation.check_out(item_barcode="B002", card=number, ctx=ctx("desk", at=tomorrow))
    assert codes(refused) == ["card-ambiguous"]
    with pytest.raises(Refused) as refused:
        circulation.check_in(item_barcode="B001", ctx=ctx("desk", at=tomorrow))
    assert codes(refused) == ["item-ambiguous"]
    assert len(patrons.card_for_loan(number)) == 2


def test_a_partner_is_in_no_list_of_ours(stocked: Stocked, ctx: Contexts, city: str) -> None:
    assert city not in [p.id for p in places.all_places()]
    assert [p.id for p in places.partners()] == [city]
    assert places.place(city).name == "市图书馆"
    with pytest.raises(Refused) as refused:
        commands.agree(partner=city, valid_from=TODAY, ctx=ctx("director"))
    assert codes(refused) == ["agreement-exists"]
