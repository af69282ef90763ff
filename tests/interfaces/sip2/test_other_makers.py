"""The messages as another implementation of SIP2 writes and reads them: ``pysip2`` from the Python
registry, unmodified, whose models are strict about required fields and their form (row G1)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import TypeVar

import pysip2
import pytest

from shuxiang.apps.fees import commands as fees
from shuxiang.apps.places import commands as places
from tests.interfaces.sip2.conftest import PASSWORD, PIN, Machines
from tests.support.library import Contexts

STAMP, SUMMARY = "20200610    100000", "  Y       "
Answer = TypeVar("Answer", bound=pysip2.SIPResponse)
ends = pytest.mark.parametrize("end", [b"\r", b"\r\n"], ids=["CR", "CRLF"])
charsets = pytest.mark.parametrize("charset", ["utf-8", "gbk"])


class Other:
    """A terminal of that maker: its codec, a socket and a line end."""

    def __init__(self, port: int, charset: str, end: bytes) -> None:
        self.charset, self.end = charset, end
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.stream = self.socket.makefile("rb", newline=None)
        self.number = 0

    def ask(self, request: pysip2.SIPRequest, answer: type[Answer]) -> Answer:
        self.number = (self.number + 1) % 10
        data = pysip2.encode_message(
            request, sequence_number=self.number, checksum=True, encoding=self.charset
        )
        self.socket.sendall(data[:-1] + self.end)
        line = b""
        while not line.endswith(self.end):
            piece = self.stream.read(1)
            assert piece, "the server has closed"
            line += piece
        read = pysip2.decode_as(line[: -len(self.end)] + b"\r", answer, encoding=self.charset)
        assert (read.sequence_number, bool(read.checksum)) == (self.number, True)
        return read.message

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


@pytest.fixture
def other(machines: Machines, port: int, ctx: Contexts) -> Iterator[Callable[[str, bytes], Other]]:
    """Terminals logged in with an account of that charset, each with its own line end."""
    made: list[Other] = []

    def make(charset: str, end: bytes) -> Other:
        login = f"other-{charset}-{len(end)}"
        places.add_device(
            place=machines.stocked.library.main,
            kind="sip2",
            login=login,
            name=login,
            settings={"encoding": charset, "institution": "YC", "patron_data": "full"},
            secret=PASSWORD,
            ctx=ctx(),
        )
        made.append(Other(port, charset, end))
        login_request = pysip2.LoginRequest(
            uid_algorithm="0", pwd_algorithm="0", login_user_id=login, login_password=PASSWORD
        )
        assert made[-1].ask(login_request, pysip2.LoginResponse).ok == "1"
        return made[-1]

    yield make
    for terminal in made:
        terminal.close()


@charsets
@ends
def test_g1_a_visit_with_another_maker_s_messages(
    machines: Machines,
    other: Callable[[str, bytes], Other],
    ctx: Contexts,
    charset: str,
    end: bytes,
) -> None:
    terminal = other(charset, end)
    card = machines.card
    people = {"institution_id": "YC", "patron_identifier": card, "patron_password": PIN}

    status = terminal.ask(
        pysip2.SCStatusRequest(status_code="0", max_print_width="080", protocol_version="2.00"),
        pysip2.ACSStatusResponse,
    )
    assert (status.online_status, status.checkout_ok, status.library_name) == ("Y", "Y", "总馆")
    assert status.supported_messages == "Y" * 16

    who = terminal.ask(
        pysip2.PatronStatusRequest(
            language="019", transaction_date=STAMP, terminal_password="", **people
        ),
        pysip2.PatronStatusResponse,
    )
    assert (who.valid_patron, who.valid_patron_password) == ("Y", "Y")
    assert who.personal_name == "李四"

    def lend(item: str) -> pysip2.CheckoutResponse:
        return terminal.ask(
            pysip2.CheckoutRequest(
                sc_renewal_policy="N",
                no_block="N",
                transaction_date=STAMP,
                nb_due_date=STAMP,
                item_identifier=item,
                terminal_password="",
                **people,
            ),
            pysip2.CheckoutResponse,
        )

    lent = lend("B001")
    assert (lent.ok, lent.title_identifier, lent.desensitize) == ("1", "红楼梦", "Y")
    assert lent.screen_message[0].startswith("借出成功，应还日期")
    refused = lend("R001")
    assert (refused.ok, refused.title_identifier) == ("0", "辞海")
    assert refused.screen_message[0]

    mine = terminal.ask(
        pysip2.PatronInformationRequest(
            language="019", transaction_date=STAMP, summary=SUMMARY, **people
        ),
        pysip2.PatronInformationResponse,
    )
    assert (mine.charged_items_count, mine.charged_items) == ("0001", ("B001",))

    book = terminal.ask(
        pysip2.ItemInformationRequest(
            transaction_date=STAMP, institution_id="YC", item_identifier="B001"
        ),
        pysip2.ItemInformationResponse,
    )
    assert (book.circulation_status, book.title_identifier) == ("04", "红楼梦")

    renewed = terminal.ask(
        pysip2.RenewRequest(
            third_party_allowed="N",
            no_block="N",
            transaction_date=STAMP,
            nb_due_date=STAMP,
            item_identifier="B001",
            **people,
        ),
        pysip2.RenewResponse,
    )
    assert (renewed.ok, renewed.renewal_ok, renewed.title_identifier) == ("1", "Y", "红楼梦")
    every = terminal.ask(
        pysip2.RenewAllRequest(transaction_date=STAMP, **people), pysip2.RenewAllResponse
    )
    assert (every.ok, every.renewed_count, every.unrenewed_items) == ("1", "0000", ("B001",))

    hold = terminal.ask(
        pysip2.HoldRequest(
            hold_mode="+", transaction_date=STAMP, hold_type="2", item_identifier="B002", **people
        ),
        pysip2.HoldResponse,
    )
    assert (hold.ok, hold.queue_position) == ("1", "1"), hold

    back = terminal.ask(
        pysip2.CheckinRequest(
            no_block="N",
            transaction_date=STAMP,
            return_date=STAMP,
            current_location="",
            institution_id="YC",
            item_identifier="B001",
            terminal_password="",
        ),
        pysip2.CheckinResponse,
    )
    assert (back.ok, back.title_identifier, back.patron_identifier) == ("1", "红楼梦", card)

    places.set_setting(
        place=machines.stocked.library.network, key="fees.at_desk", value=True, ctx=ctx()
    )
    fees.charge(card=card, kind="damage", amount_fen=250, note="污损", ctx=ctx())
    paid = terminal.ask(
        pysip2.FeePaidRequest(
            transaction_date=STAMP,
            fee_type="01",
            payment_type="00",
            currency_type="CNY",
            fee_amount="2.50",
            transaction_id="77",
            **people,
        ),
        pysip2.FeePaidResponse,
    )
    assert (paid.payment_accepted, paid.screen_message) == ("Y", ("已缴 2.50，尚欠 0.00。",))

    end_of_it = terminal.ask(
        pysip2.EndPatronSessionRequest(transaction_date=STAMP, **people),
        pysip2.EndSessionResponse,
    )
    assert (end_of_it.end_session, end_of_it.screen_message) == ("Y", ("谢谢使用，再见。",))
