"""The same frame never acts twice, and always gets the same answer (F7)."""

from __future__ import annotations

from datetime import timedelta

from shuxiang.formats import sip2
from shuxiang.kernel import clock
from shuxiang.runtime import frames, sql
from tests.interfaces.sip2.conftest import PASSWORD, Machines
from tests.interfaces.sip2.terminal import BLANK, STAMP, Terminal


def checkout(machines: Machines, item: str = "B001") -> str:
    return f"11NN{STAMP}{BLANK}AOYC|AA{machines.card}|AB{item}|AC|"


CHECKIN = f"09N{STAMP}{STAMP}APhere|AOYC|ABB001|AC|"


def events() -> int:
    found = sql.one("SELECT COUNT(*) FROM ledger_event")
    assert found is not None
    return int(found[0])


def test_f7_a_repeated_frame_is_answered_byte_for_byte_also_after_a_reconnect(
    machines: Machines, lobby: Terminal, port: int
) -> None:
    frame = lobby.frame(checkout(machines))
    first = lobby.raw(frame)
    before = events()
    assert first.startswith(b"121")
    assert lobby.raw(frame) == first
    lobby.close()
    other = Terminal(port, charset="utf-8")
    assert other.login("lobby", PASSWORD)
    assert other.raw(frame) == first
    other.close()
    assert events() == before


def test_f7_the_same_bytes_are_a_new_act_once_something_happened_since(
    machines: Machines, lobby: Terminal
) -> None:
    lobby.sequence = None
    lend, back = lobby.frame(checkout(machines)), lobby.frame(CHECKIN)
    before = events()
    for frame, code in ((lend, b"121"), (back, b"101"), (lend, b"121"), (back, b"101")):
        assert lobby.raw(frame).startswith(code)
        assert lobby.raw(frame).startswith(code)
    assert events() == before + 4


def test_f7_after_a_quarter_of_an_hour_it_is_a_new_request(
    machines: Machines, lobby: Terminal
) -> None:
    frame = lobby.frame(CHECKIN)
    lobby.ask(checkout(machines))
    assert lobby.raw(frame).startswith(b"101")
    sql.run("UPDATE runtime_frame SET at = ?", clock.now() - timedelta(minutes=16))
    assert lobby.raw(frame).startswith(b"100")
    assert frames.prune(clock.now()) == 2


def test_f7_another_terminal_with_the_same_bytes_is_somebody_else(
    machines: Machines, lobby: Terminal, east: Terminal
) -> None:
    lobby.sequence = east.sequence = None
    frame = lobby.frame(checkout(machines))
    assert lobby.raw(frame).startswith(b"121")
    assert east.raw(frame).startswith(b"120")


def test_f7_the_same_number_with_other_content_is_a_new_request(
    machines: Machines, lobby: Terminal
) -> None:
    for item in ("B001", "B002"):
        lobby.sequence = 3
        assert lobby.ask(checkout(machines, item)).get("AB") == item


def test_f7_97_gives_the_last_answer_byte_for_byte(machines: Machines, lobby: Terminal) -> None:
    for request in (checkout(machines), "9900802.00", f"17{STAMP}AOYC|ABB001|"):
        answer = lobby.raw(lobby.frame(request))
        assert lobby.raw(b"97AZFEF5\r") == answer
        assert lobby.raw(b"97\r") == answer


def test_f7_a_wrong_checksum_asks_to_send_again_and_does_nothing(
    machines: Machines, lobby: Terminal
) -> None:
    frame = lobby.frame(checkout(machines)).replace(b"ABB001", b"ABB002")
    before = events()
    assert lobby.raw(frame) == b"96AZFEF6\r"
    assert events() == before
    assert sip2.checksum(b"96AZ") == "FEF6"
