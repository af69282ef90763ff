"""Whatever a terminal sends, it gets an answer soon, changes nothing and leaves the server well (F8)."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import threading
from typing import Any

import pytest

from shuxiang.formats import sip2
from shuxiang.interfaces.sip2.server import Connection, Server
from tests.interfaces.sip2.conftest import PASSWORD, PIN, Machines
from tests.interfaces.sip2.terminal import BLANK, STAMP, Terminal

PEOPLE = "AOYC|AA{card}|AC|AD{pin}|"
MESSAGES = (
    "23000{stamp}" + PEOPLE,
    "63000{stamp}Y         " + PEOPLE,
    "17{stamp}AOYC|ABB001|",
    "35{stamp}" + PEOPLE,
    "9900302.00",
    "93  CNlobby|CO{password}|",
)


def filled(text: str, machines: Machines) -> str:
    return text.format(stamp=STAMP, card=machines.card, pin=PIN, password=PASSWORD)


def alive(terminal: Terminal) -> None:
    """The connection is still served."""
    assert terminal.ask("9900302.00").code == "98"


@pytest.fixture
def no_traceback(caplog: pytest.LogCaptureFixture, machines: Machines) -> Any:
    """Nothing may be logged with a traceback, a card number or a PIN."""
    with caplog.at_level(logging.DEBUG, "shuxiang.sip2"):
        yield
    for record in caplog.records:
        assert record.exc_info is None
        for secret in (machines.card, PIN, PASSWORD):
            assert secret not in record.getMessage()
        assert record.levelno < logging.ERROR, record.getMessage()


@pytest.mark.parametrize("text", MESSAGES)
def test_f8_a_known_message_cut_at_every_byte(
    machines: Machines, lobby: Terminal, no_traceback: None, text: str
) -> None:
    whole = filled(text, machines).encode()
    lobby.sequence = None
    for length in range(1, len(whole) + 1):
        if text.startswith("93") and length >= 4:
            continue
        answer = lobby.raw(whole[:length] + b"\r")
        assert answer[:2] in (b"96", b"24", b"64", b"18", b"36", b"98", b"94")
    alive(lobby)


@pytest.mark.parametrize(
    "text",
    [
        "11NN{stamp}{blank}AOYC|AA{card}|ABB001|AC|",
        "09N{stamp}{stamp}APx|AOYC|ABB001|",
        "29NN{stamp}{blank}AOYC|AA{card}|ABB001|",
        "15+{stamp}AOYC|AA{card}|ABB001|",
        "37{stamp}0100CNYBV1.00|AOYC|AA{card}|",
        "65{stamp}AOYC|AA{card}|",
        "01N{stamp}AOYC|ALx|AA{card}|",
        "25{stamp}AOYC|AA{card}|",
        "19{stamp}AOYC|ABB001|CHx|",
        "81{stamp}AOYC|AA{card}|",
    ],
)
def test_f8_an_act_with_its_checksum_cut_off_or_wrong_does_nothing(
    machines: Machines, lobby: Terminal, unchanged: Any, no_traceback: None, text: str
) -> None:
    whole = text.format(stamp=STAMP, blank=BLANK, card=machines.card).encode() + b"AY1AZ"
    right = whole + sip2.checksum(whole).encode()
    with unchanged():
        for wrong in (whole + b"0000", right[:-1] + b"?", right.replace(b"YC", b"YD")):
            assert lobby.raw(wrong + b"\r") == b"96AZFEF6\r"
        for left in range(len(whole) - 1, len(right)):
            assert lobby.raw(right[:left] + b"\r") == b"96AZFEF6\r"
    alive(lobby)


def test_f8_random_bytes(lobby: Terminal, no_traceback: None) -> None:
    dice = random.Random(8)
    for _ in range(150):
        junk = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 200)))
        junk = junk.translate(None, b"\r\n").strip(b" \0") or b"x"
        assert lobby.raw(junk + b"\r")
    alive(lobby)


ACTS = (
    "11NN{stamp}{blank}AOYC|AA{card}|ABB001|AC|",
    "09N{stamp}{stamp}APx|AOYC|ABB001|",
    "29NN{stamp}{blank}AOYC|AA{card}|ABB001|",
    "15+{stamp}AOYC|AA{card}|ABB001|BW{stamp}|BSeast|",
    "37{stamp}0100CNYBV1.00|AOYC|AA{card}|CG1|",
    "65{stamp}AOYC|AA{card}|",
    "01N{stamp}AOYC|ALx|AA{card}|",
    "25{stamp}AOYC|AA{card}|",
    "19{stamp}AOYC|ABB001|CH王弢|",
)


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_f8_known_messages_with_bytes_changed_lost_or_doubled(
    machines: Machines, port: int, lobby: Terminal, no_traceback: None, charset: str
) -> None:
    dice = random.Random(charset)
    lobby.sequence = None
    for _turn in range(12):
        for text in (*MESSAGES[:4], *ACTS):
            whole = bytearray(filled(text.replace("{blank}", BLANK), machines).encode(charset))
            for _change in range(dice.randrange(1, 4)):
                at = dice.randrange(2, len(whole))
                piece = dice.choice((b"", b"|", b"\0", whole[at : at + 1] * 2, dice.randbytes(2)))
                whole[at : at + 1] = piece
            line = bytes(whole).translate(None, b"\r\n")
            assert lobby.raw(line + b"\r"), line
    alive(lobby)


def test_f8_a_megabyte_without_an_end_is_one_strike_and_the_third_closes(
    lobby: Terminal, no_traceback: None
) -> None:
    for strike in (1, 2):
        lobby.send(b"A" * 1_000_000)
        assert lobby.line().startswith(b"96")
        lobby.send(b"\r")
        alive(lobby)
        assert strike < 3
    lobby.send(b"A" * 5000 + b"\r")
    assert lobby.line().startswith(b"96")
    assert lobby.line() == b""


def test_f8_other_faults_never_close(lobby: Terminal, no_traceback: None) -> None:
    for _ in range(20):
        for odd in (
            b"42xyz\r",
            b"\0\0\x0011\r",
            b"11\r",
            b"AZ0000\r",
            b"|||||\r",
            b"96\r",
            b"64\r",
        ):
            assert lobby.raw(odd).startswith(b"96")
    alive(lobby)


def test_f8_chinese_whose_second_byte_is_a_bar(machines: Machines, east: Terminal) -> None:
    lend = f"11NN{STAMP}{BLANK}AO王弢馆|AA{machines.card}|ABB001|AC|"
    assert b"|" in "弢".encode("gb18030")
    lent = east.ask(lend)
    assert (lent.fixed["ok"], lent.get("AO"), lent.get("AB")) == ("1", "王弢馆", "B001")


def test_f8_fields_in_any_order_repeated_and_empty(machines: Machines, lobby: Terminal) -> None:
    lent = lobby.ask(f"11NN{STAMP}{BLANK}ABB001|BO|AC|AA{machines.card}|AAother|CH||x|AO|")
    assert (lent.fixed["ok"], lent.get("AA"), lent.get("AO")) == ("1", machines.card, "YC")


def test_f8_characters_of_another_charset_are_read_as_they_can_be(
    machines: Machines, lobby: Terminal, no_traceback: None
) -> None:
    lobby.sequence = None
    for charset in ("gb18030", "utf-8", "utf-16-le", "latin-1"):
        text = f"17{STAMP}AO馆|ABB001|".encode(charset, "replace").replace(b"\r", b"")
        assert lobby.raw(text + b"\r")
    alive(lobby)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_g1_answered_with_the_line_end_it_was_asked_with(port: int, end: bytes) -> None:
    terminal = Terminal(port, charset="utf-8", end=end)
    assert terminal.login("lobby", PASSWORD)
    answer = terminal.raw(terminal.frame("9900302.00"))
    assert answer.endswith(end)
    assert answer.count(b"\r") + answer.count(b"\n") == len(end)
    terminal.close()


def test_g1_pipelined_requests_are_answered_in_order(machines: Machines, lobby: Terminal) -> None:
    asked = [f"17{STAMP}AOYC|ABB00{n % 8 + 1}|" for n in range(200)]
    lobby.send(b"".join(lobby.frame(text) for text in asked))
    for text in asked:
        found = sip2.read_response(sip2.check(lobby.line().strip()).body.decode())
        assert found.get("AB") == text.split("AB")[1].rstrip("|")


def test_f8_many_slow_connections_hold_nobody_up(port: int, lobby: Terminal) -> None:
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    for turn in range(3):
        for connection in slow:
            connection.sendall(b"9900302.00"[turn : turn + 1])
        alive(lobby)
    for connection in slow:
        connection.close()


def test_f8_a_connection_that_never_logs_in_is_closed(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shuxiang.interfaces.sip2.server.BEFORE_LOGIN_SECONDS", 0.2)
    idle = Terminal(port)
    assert idle.line() == b""
    idle.close()


class Gone(asyncio.Transport):
    """The socket of a machine that hung up while its requests were being answered."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def is_closing(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))


def test_f8_what_still_waits_of_a_machine_that_hung_up_is_dropped() -> None:
    server, gone = Server("127.0.0.1", 0), Gone()

    def play() -> None:
        connection = Connection(server)
        connection.connection_made(gone)
        connection.data_received(b"zz\r" * 3)
        server.loop.run_until_complete(asyncio.sleep(0))
        connection.connection_lost(None)
        server.loop.close()

    # A browser driven by this process has a loop running in its own thread.
    thread = threading.Thread(target=play)
    thread.start()
    thread.join()
    assert server.loop.is_closed()
    assert gone.written == []
    server.pool.shutdown()
