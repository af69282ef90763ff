"""Transactions sent late, registration at machines, terminals of every kind (row G1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import commands as places
from shuxiang.apps.places import queries as known_places
from shuxiang.formats import sip2
from shuxiang.interfaces.sip2 import pins
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.runtime import sql
from tests.apps.patrons import people
from tests.interfaces.sip2.conftest import PASSWORD, PIN, Machines
from tests.interfaces.sip2.terminal import BLANK, STAMP, Terminal


def late(machines: Machines, at: str, promised: str = BLANK, item: str = "B001") -> str:
    return f"11NY{at}{promised}AOYC|AA{machines.card}|AB{item}|AC|"


def settings(machines: Machines, terminal: str, **said: object) -> None:
    device = known_places.device(terminal)
    assert device is not None
    places.change_device(
        device=terminal,
        settings={**device.settings, **said},
        ctx=Context(
            actor=SYSTEM,
            channel="office",
            service_point=machines.stocked.library.main,
            occurred_at=clock.now(),
        ),
    )


def test_g1_what_happened_offline_keeps_its_time_and_its_promise(
    machines: Machines, lobby: Terminal
) -> None:
    happened = clock.now() - timedelta(days=2)
    promised = clock.now() + timedelta(days=45)
    lent = lobby.ask(late(machines, sip2.stamp(happened), sip2.stamp(promised)))
    assert lent.fixed["ok"] == "1"
    loan = loans.open_loan_of(machines.stocked.items["B001"])
    assert loan is not None
    assert loan.lent_at == happened.replace(second=0, microsecond=0)
    assert loan.due_on >= clock.business_date(promised)
    assert lent.get("AH") == sip2.stamp(clock.end_of(loan.due_on))
    row = sql.one("SELECT channel, occurred_at FROM ledger_event WHERE type = 'loan.opened'")
    assert row == ("sip2", loan.lent_at)
    back = sip2.stamp(happened + timedelta(days=1))
    done = lobby.ask(f"09Y{STAMP}{back}APx|AOYC|ABB001|AC|")
    assert done.fixed["ok"] == "1"
    assert loans.open_loan_of(machines.stocked.items["B001"]) is None


def test_g1_an_offline_conflict_is_taken_down_for_a_person(
    machines: Machines, lobby: Terminal
) -> None:
    at = sip2.stamp(clock.now() - timedelta(hours=3))
    for item in ("R001", "no-such-item"):
        answer = lobby.ask(late(machines, at, item=item))
        assert (answer.fixed["ok"], answer.get("AF")) == ("1", "已记下，待馆员处理。")
    entries = loans.paper_conflicts(machines.stocked.library.main)
    assert {e.barcode for e in entries} == {"R001", "NO-SUCH-ITEM"}
    assert (
        lobby.ask(late(machines, sip2.stamp(clock.now() - timedelta(days=30)))).fixed["ok"] == "0"
    )


def test_g1_an_item_keeps_what_a_machine_says_of_it(machines: Machines, lobby: Terminal) -> None:
    asked = f"19{STAMP}AOYC|ABB001|CHwet pages|"
    assert lobby.ask(asked).fixed["ok"] == "1"
    assert lobby.ask(f"17{STAMP}AOYC|ABB001|").get("CH") == "wet pages"
    assert lobby.ask(asked.replace("B001", "nothing")).fixed["ok"] == "0"


def test_g1_registration_only_where_the_account_asks_for_it(
    machines: Machines, lobby: Terminal, port: int
) -> None:
    number = people.id_number(date(1991, 2, 3), 4)
    asked = f"81{STAMP}XK11|AA|AE赵敏|XO{number}|XT成人|MP13800138000|"
    double = f"91{STAMP}XK1|XO{number}|"
    assert lobby.raw(lobby.frame(asked)).startswith(b"96")
    settings(machines, machines.lobby, registers=True)
    other = Terminal(port, charset="utf-8")
    assert other.login("lobby", PASSWORD)
    assert other.ask(double).get("AC") == "0"
    made = other.ask(asked)
    assert (made.fixed["ok"], made.get("OK")) == ("1", "1")
    assert [c.number for c in patrons.cards_by_number(made.get("AA"))] == [made.get("AA")]
    assert other.ask(double).get("AC") == "1"
    again = other.ask(asked)
    assert (again.fixed["ok"], again.get("OK")) == ("0", "0")
    other.close()


def test_g1_a_reader_s_particulars_only_for_accounts_that_are_told_everything(
    machines: Machines, lobby: Terminal, port: int
) -> None:
    asked = f"85{STAMP}AOYC|AA{machines.card}|"
    assert lobby.raw(lobby.frame(asked)).startswith(b"96")
    settings(machines, machines.lobby, particulars=True)
    settings(machines, machines.east, particulars=True)
    for login, code in (("lobby", b"861"), ("east", b"96")):
        other = Terminal(port, charset="utf-8")
        assert other.login(login, PASSWORD)
        assert other.raw(other.frame(asked)).startswith(code)
        if login == "lobby":
            told = other.ask(asked)
            assert (told.get("OK"), told.get("AE"), told.get("AM")) == ("1", "李四", "总馆")
            assert (told.get("XD"), told.get("JF"), told.get("BV")) == (
                "2099-12-31",
                "0.00",
                "0.00",
            )
            assert told.get("XH") == "19900101"
            assert not told.has("XO")
            for wrong in (asked + "AD000000|", asked.replace(machines.card, "no-card")):
                nothing = other.ask(wrong)
                assert (nothing.fixed["ok"], nothing.has("AE")) == ("0", False)
                assert nothing.get("AF")
        other.close()


def test_g1_a_loan_or_return_taken_back_by_the_machine_that_did_it(
    machines: Machines, lobby: Terminal, east: Terminal, unchanged: Any
) -> None:
    lend = f"11NN{STAMP}{BLANK}AOYC|AA{machines.card}|ABB001|AC|"
    back = f"09N{STAMP}{STAMP}APx|AOYC|ABB001|AC|"
    assert lobby.ask(lend).fixed["ok"] == "1"
    with unchanged():
        assert east.ask(lend + "BIY|").fixed["ok"] == "0"
        assert lobby.ask(back + "BIY|").fixed["ok"] == "0"
        assert lobby.ask(lend.replace(machines.card, "nobody") + "BIY|").get("BL") == "N"
    wrong = lobby.ask(lend + "AD000000|BIY|")
    assert (wrong.fixed["ok"], wrong.get("CQ")) == ("0", "N")
    assert loans.open_loan_of(machines.stocked.items["B001"]) is not None
    cancelled = lobby.ask(lend + "BIY|")
    assert (cancelled.fixed["ok"], cancelled.fixed["desensitize"]) == ("1", "N")
    assert (cancelled.get("AJ"), cancelled.get("AF")) == ("红楼梦", "已撤回。")
    assert loans.open_loan_of(machines.stocked.items["B001"]) is None
    with unchanged():
        again = lobby.ask(lend + "BIY|")
        assert (again.fixed["ok"], again.get("AF")) == ("0", "已不能撤回，请到服务台。")
    assert lobby.ask(lend).fixed["ok"] == "1"
    assert lobby.ask(back).fixed["ok"] == "1"
    cancelled = lobby.ask(back + "BIY|")
    assert (cancelled.fixed["ok"], cancelled.fixed["resensitize"]) == ("1", "N")
    assert loans.open_loan_of(machines.stocked.items["B001"]) is not None


def test_g1_a_terminal_switched_off_is_out_within_a_second(
    machines: Machines, lobby: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shuxiang.interfaces.sip2.session.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("shuxiang.runtime.running.OUTSIDE_SECONDS", 0.0)
    asked = f"17{STAMP}AOYC|ABB001|"
    assert lobby.ask(asked).code == "18"
    places.change_device(
        device=machines.lobby,
        active=False,
        ctx=Context(
            actor=SYSTEM,
            channel="office",
            service_point=machines.stocked.library.main,
            occurred_at=clock.now(),
        ),
    )
    assert lobby.raw(lobby.frame(asked)).startswith(b"96")
    assert not lobby.login("lobby", PASSWORD)


def test_g1_a_password_remembered_to_be_right_opens_nothing_once_it_is_changed(
    machines: Machines, lobby: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What another process does is read a second late.
    late = known_places.device_by_login("sip2", "lobby")
    monkeypatch.setattr(
        "shuxiang.interfaces.sip2.session.places.device_by_login", lambda kind, login: late
    )
    main = machines.stocked.library.main
    renew, switch_off = (
        Context(actor=SYSTEM, channel="office", service_point=main, occurred_at=clock.now())
        for _ in range(2)
    )
    assert lobby.login("lobby", PASSWORD)
    renewed = places.renew_secret(device=machines.lobby, ctx=renew)
    assert not lobby.login("lobby", PASSWORD)
    assert lobby.login("lobby", renewed)
    places.change_device(device=machines.lobby, active=False, ctx=switch_off)
    assert not lobby.login("lobby", renewed)


def test_g1_a_terminal_given_a_new_password_or_other_addresses_is_out_within_a_second(
    machines: Machines, lobby: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shuxiang.interfaces.sip2.session.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("shuxiang.runtime.running.OUTSIDE_SECONDS", 0.0)
    asked = f"17{STAMP}AOYC|ABB001|"
    settings(machines, machines.lobby, language="en")
    assert lobby.ask(asked).code == "18"
    renewed = places.renew_secret(
        device=machines.lobby,
        ctx=Context(
            actor=SYSTEM,
            channel="office",
            service_point=machines.stocked.library.main,
            occurred_at=clock.now(),
        ),
    )
    assert lobby.raw(lobby.frame(asked)).startswith(b"96")
    assert lobby.login("lobby", renewed)
    assert lobby.ask(asked).code == "18"
    settings(machines, machines.lobby, addresses="192.0.2.0/24")
    assert lobby.raw(lobby.frame(asked)).startswith(b"96")


@pytest.mark.parametrize(
    ("name", "value", "request_text", "code"),
    [
        ("messages", "23 17", f"35{STAMP}AOYC|AA1|", b"96"),
        ("messages", "23 17", f"17{STAMP}AOYC|ABB001|", b"18"),
        ("strict_institution", True, f"17{STAMP}AOXX|ABB001|", b"96"),
        ("strict_institution", True, f"17{STAMP}AOYC|ABB001|", b"18"),
    ],
)
def test_s2_an_account_is_held_to_its_messages_and_institution(
    machines: Machines, port: int, name: str, value: object, request_text: str, code: bytes
) -> None:
    settings(machines, machines.lobby, **{name: value})
    terminal = Terminal(port, charset="utf-8")
    assert terminal.login("lobby", PASSWORD)
    assert terminal.raw(terminal.frame(request_text)).startswith(code)
    terminal.close()


def test_s2_an_account_is_held_to_its_addresses(machines: Machines, port: int) -> None:
    settings(machines, machines.lobby, addresses="198.51.100.0/24")
    terminal = Terminal(port, charset="utf-8")
    assert not terminal.login("lobby", PASSWORD)
    terminal.close()


def test_s2_what_is_told_of_a_reader_is_what_was_granted(
    machines: Machines, east: Terminal, lobby: Terminal
) -> None:
    asked = f"63019{STAMP}          AOYC|AA{machines.card}|"
    full, masked = lobby.ask(asked), east.ask(asked)
    assert len(full.get("AE")) > 1
    assert masked.get("AE") == full.get("AE")[0] + "*" * (len(full.get("AE")) - 1)
    assert masked.has("CB")
    for field in ("BD", "BE", "BF", "PB"):
        assert not masked.has(field)
    assert full.has("PB")


def test_s2_no_pin_a_wrong_one_and_a_right_one(machines: Machines, lobby: Terminal) -> None:
    asked = f"23019{STAMP}AOYC|AA{machines.card}|AC|"
    for given, cq in (("", "N"), ("AD|", "N"), ("AD000000|", "N"), (f"AD{PIN}|", "Y")):
        answer = lobby.ask(asked + given)
        assert (answer.get("BL"), answer.get("CQ")) == ("Y", cq)
    unknown = lobby.ask(asked.replace(machines.card, "00000000"))
    assert (unknown.get("BL"), unknown.get("CQ")) == ("N", "N")


def test_s2_guessing_a_pin_is_slowed_down(machines: Machines, lobby: Terminal, port: int) -> None:
    pins.forget_all()
    asked = f"23019{STAMP}AOYC|AA{machines.card}|AC|AD"
    for guess in range(5):
        assert lobby.ask(f"{asked}{guess:06d}|").get("CQ") == "N"
    # Even the right one isn't looked at any more, for a minute.
    assert lobby.ask(f"{asked}{PIN}|").get("CQ") == "N"
    sql.run("UPDATE runtime_throttle SET ends = 0")
    assert lobby.ask(f"{asked}{PIN}|").get("CQ") == "Y"


def test_s2_nothing_but_93_99_and_97_before_the_login(machines: Machines, port: int) -> None:
    terminal = Terminal(port)
    assert terminal.raw(b"97\r") == b"96\r"
    status = terminal.ask("9900302.00")
    assert (status.code, status.get("AO"), status.has("AM")) == ("98", "", False)
    for request in (late(machines, STAMP), f"23000{STAMP}AO|AA{machines.card}|"):
        assert terminal.raw(terminal.frame(request)).startswith(b"96")
    assert not terminal.login("lobby", "wrong")
    assert not terminal.login("nobody", PASSWORD)
    assert terminal.login("lobby", PASSWORD)
    terminal.close()
