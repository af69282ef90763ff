"""Lending, taking back and renewing at terminals (row G1)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

from shuxiang.apps.circulation import queries as loans
from shuxiang.kernel import clock
from shuxiang.runtime import sql
from tests.apps.patrons import people
from tests.interfaces.sip2.conftest import Machines
from tests.interfaces.sip2.terminal import BLANK, STAMP, Terminal
from tests.support.library import Contexts, moment


def checkout(machines: Machines, item: str = "B001", *, renew: str = "N", more: str = "") -> str:
    return f"11{renew}N{STAMP}{BLANK}AOYC|AA{machines.card}|AB{item}|AC|{more}"


def checkin(item: str = "B001") -> str:
    return f"09N{STAMP}{STAMP}APhere|AOYC|AB{item}|AC|"


def test_g1_lent_and_taken_back(machines: Machines, lobby: Terminal) -> None:
    lent = lobby.ask(checkout(machines))
    assert lent.code == "12"
    assert lent.fixed | {"date": ""} == {
        "ok": "1",
        "renewal_ok": "N",
        "magnetic": "N",
        "desensitize": "Y",
        "date": "",
    }
    assert (lent.get("AO"), lent.get("AA"), lent.get("AB")) == ("YC", machines.card, "B001")
    assert lent.get("AJ") == "红楼梦"
    loan = loans.open_loan_of(machines.stocked.items["B001"])
    assert loan is not None
    assert lent.get("AH") == f"{loan.due_on:%Y%m%d}    235959"
    assert lent.get("AF") == f"借出成功，应还日期 {loan.due_on}，还可借 4 册。"
    back = lobby.ask(checkin())
    assert (back.fixed["ok"], back.fixed["resensitize"], back.fixed["alert"]) == ("1", "Y", "N")
    assert (back.get("AA"), back.get("AJ"), back.get("AQ")) == (machines.card, "红楼梦", "main")
    events = sql.all(
        "SELECT type, channel, actor_kind, actor FROM ledger_event ORDER BY id DESC LIMIT 2"
    )
    assert events == [
        ("loan.closed", "sip2", "terminal", machines.lobby),
        ("loan.opened", "sip2", "terminal", machines.lobby),
    ]


def test_g1_what_is_not_lent_says_why(machines: Machines, lobby: Terminal) -> None:
    unknown = lobby.ask(checkout(machines, "no-barcode"))
    assert (unknown.fixed["ok"], unknown.fixed["magnetic"], unknown.fixed["desensitize"]) == (
        "0",
        "U",
        "N",
    )
    assert (unknown.get("AB"), unknown.get("AJ"), unknown.get("AH")) == ("no-barcode", "", "")
    assert unknown.get("BL") == "Y"
    assert unknown.get("AF") == "馆内没有这个条码，请到服务台。"
    refused = lobby.ask(checkout(machines, "R001"))
    assert (refused.fixed["ok"], refused.get("AJ")) == ("0", "辞海")
    nobody = lobby.ask(checkout(machines).replace(machines.card, "bad_card"))
    assert (nobody.fixed["ok"], nobody.get("BL"), nobody.get("AA")) == ("0", "N", "bad_card")
    assert nobody.get("AJ") == "红楼梦"


def test_g1_the_other_branch_takes_it_back_with_an_alert(
    machines: Machines, lobby: Terminal, east: Terminal
) -> None:
    lobby.ask(checkout(machines))
    back = east.ask(checkin())
    assert (back.fixed["ok"], back.fixed["alert"]) == ("1", "Y")
    assert (back.get("CT"), back.get("CV")) == ("main", "04")


def test_g1_books_and_cards_of_main_library_and_branch_at_either_terminal(
    machines: Machines, lobby: Terminal, east: Terminal
) -> None:
    """总/分馆书 × 总/分馆证: lent and given back at either place."""
    library = machines.stocked.library
    ctx = Contexts(library)(place=library.east, at=moment("2020-01-02", "09:00"))
    branch_card = people.adult(ctx, number=people.id_number(date(1988, 5, 6), 3)).number
    sql.run("UPDATE patrons_card SET expires_on = ?", date(2099, 12, 31))
    at = {"main": lobby, "east": east}
    cards = (machines.card, branch_card)
    for (barcode, owner), card in product({"B001": "main", "E001": "east"}.items(), cards):
        for lends, takes_back in product(at, at):
            lent = at[lends].ask(checkout(machines, barcode).replace(machines.card, card))
            assert (lent.fixed["ok"], lent.get("AA"), lent.get("AB")) == ("1", card, barcode)
            back = at[takes_back].ask(checkin(barcode))
            told = (back.fixed["ok"], back.fixed["alert"], back.get("CV"), back.get("CT"))
            if takes_back == owner:
                assert told == ("1", "N", "", "")
                continue
            assert told == ("1", "Y", "04", owner)
            home = at[owner].ask(checkin(barcode))
            assert (home.fixed["ok"], home.fixed["alert"], home.get("AQ")) == ("1", "N", owner)


def test_g1_renewed_by_29_and_by_11(machines: Machines, lobby: Terminal) -> None:
    lobby.ask(checkout(machines))
    lobby.ask(checkout(machines, "B002"))
    renewed = lobby.ask(f"29NN{STAMP}{BLANK}AOYC|AA{machines.card}|ABB001|")
    assert (renewed.fixed["ok"], renewed.fixed["renewal_ok"], renewed.fixed["desensitize"]) == (
        "1",
        "Y",
        "N",
    )
    # Within five seconds it would be the same act again (F6).
    sql.run("UPDATE circulation_loan SET lent_at = ?", clock.now() - timedelta(minutes=1))
    again = lobby.ask(checkout(machines, "B002", renew="Y"))
    assert (again.fixed["ok"], again.fixed["renewal_ok"]) == ("1", "Y")
    every = lobby.ask(f"65{STAMP}AOYC|AA{machines.card}|")
    assert (every.fixed["ok"], every.fixed["renewed"], every.fixed["unrenewed"]) == (
        "1",
        "0000",
        "0002",
    )
    assert every.values["BN"] == ("B001", "B002")
