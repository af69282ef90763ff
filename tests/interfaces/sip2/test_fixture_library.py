"""A library made from a description, asked as clients of other systems ask (row G1)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from shuxiang.apps.circulation.commands import fixture
from shuxiang.apps.patrons import commands as patron_commands
from shuxiang.apps.patrons import queries as patrons
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.runtime.commands import bulk
from tests.interfaces.sip2.terminal import Terminal, serving

DESCRIBED: dict[str, Any] = {
    "branches": [{"code": "BR1", "name": "First"}, {"code": "Taylor", "name": "Taylor Branch"}],
    "sip_accounts": [
        {
            "login": "sip_01",
            "password": "ab",
            "branch": "BR1",
            "institution": "BR1",
            "encoding": "utf-8",
            "error_detection": True,
        },
        {
            "login": "cn",
            "password": "cn-1",
            "branch": "Taylor",
            "institution": "TAY",
            "encoding": "gb18030",
            "error_detection": False,
            "terminator": "CRLF",
        },
    ],
    "patron_types": [{"code": "Patrons", "name": "Everybody"}],
    "patrons": [
        {
            "barcode": "djfiander",
            "pin": "6789",
            "name": "David J. Fiander",
            "type": "Patrons",
            "branch": "BR1",
            "birth_date": "19640925",
            "address": "2 Meadowvale Dr. St Thomas, ON Canada 90210",
            "phone": "(519) 555 1234",
            "email": "djfiander@hotmail.com",
            "expires": "2050-12-31",
            "internet": "Unfiltered",
        },
        {"barcode": "miker", "pin": "6789", "name": "Mike Rylander", "fines_owed": "12.50"},
        {"pattern": "p%05d", "count": 3, "pin": "1234", "name": "Reader %05d", "branch": "Taylor"},
    ],
    "items": [
        {"barcode": "1565921879", "title": "Perl 5 desktop reference", "isbn": "9781565921870"},
        {"barcode": "660", "title": "Harry Potter y el cáliz de fuego", "branch": "BR1"},
        {"pattern": "i%06d", "count": 12, "title": "Title %05d 弢", "branch": "Taylor"},
    ],
    "rules": {
        "loan_days": 14,
        "loans_at_once": 10,
        "renewals_at_once": 2,
        "holds_at_once": 3,
        "reservable_on_shelf": True,
        "fine_block_above": "10.00",
        "currency": "USD",
        "sip_block_and_enable_patron": True,
    },
}
DATE = r"\d{8} {4}\d{6}"


HELD = "15+20060415    110158BW20990815    110158|BSTaylor|BY2|AOBR1|AAdjfiander|AB1565921879|"
COUNTED = "6300020060329    201700          AOBR1|AAdjfiander|"


def make() -> dict[str, int]:
    at = clock.now()
    ctx = Context(actor=SYSTEM, channel="cli", service_point="", occurred_at=at)
    with bulk(1000):
        return fixture.open_fixture(
            fixture.read(json.dumps(DESCRIBED).encode()),
            admin_password="Only-Once-1",
            hashed=make_password,
            ctx=ctx,
        )


@pytest.fixture
def port(scene: Callable[..., Any]) -> Iterator[int]:
    made = scene("fixture", make)
    assert made == {"branches": 2, "terminals": 2, "readers": 5, "items": 14}
    with serving() as found:
        yield found


@pytest.fixture
def sip(port: int) -> Iterator[Terminal]:
    terminal = Terminal(port, charset="utf-8", sequence=None)
    assert terminal.raw(b"9300CNsip_01|COab|CPBR1|\r") == b"941\r"
    yield terminal
    terminal.close()


PATRON = "AOBR1|AAdjfiander|"
ITEM = "AOBR1|AAdjfiander|AB1565921879|"
LEND = "11YN20060329    203000                  "
BACK = "09N20060102    08423620060113    084235APUnder the bed|AOBR1|AB1565921879|AC|"
RENEW = "29NN20060102    084236                  "
SCRIPT: list[tuple[str, str, dict[str, str]]] = [
    ("9910302.00", rf"98[YN]{{6}}\d{{6}}{DATE}2\.00", {"AO": "BR1", "BX": "[YN]{16}"}),
    (
        f"2300120060101    084237{PATRON}AD6789|AC|",
        rf"24 [ Y]{{13}}001{DATE}",
        {"AE": r"David J\. Fiander", "BL": "Y", "CQ": "Y", "BH": "USD", "AA": "djfiander"},
    ),
    (
        f"2300120060101    084237{PATRON}ADbad|AC|",
        rf"24[ Y]{{14}}001{DATE}",
        {"BL": "Y", "CQ": "N", "AE": r"David J\. Fiander"},
    ),
    (f"2300120060101    084237{PATRON}AC|", rf"24 [ Y]{{13}}001{DATE}", {"BL": "Y", "CQ": "N"}),
    (
        "2300120060101    084237AOBR1|AAwshakespeare|AC|",
        rf"24YYYY {{10}}001{DATE}",
        {"AE": "", "AA": "wshakespeare", "BL": "N"},
    ),
    (
        f"6300020060329    201700          {PATRON}",
        rf"64 [ Y]{{13}}000{DATE}(\d{{4}}){{6}}",
        {
            "BD": r"2 Meadowvale Dr\. St Thomas, ON Canada 90210",
            "BE": r"djfiander@hotmail\.com",
            "BF": r"\(519\) 555 1234",
            "PB": "19640925",
            "PC": "Patrons",
            "PI": "Unfiltered",
            "AQ": "BR1",
            "PA": "20501231",
            "CB": "0010",
        },
    ),
    (
        f"6300020060329    201700          {PATRON}ADbad|",
        rf"64[ Y]{{14}}000{DATE}(0000){{6}}",
        {"CQ": "N", "BL": "Y", "BD": "-"},
    ),
    (
        f"{LEND}{ITEM}AC|",
        rf"121NNY{DATE}",
        {"AJ": "Perl 5 desktop reference", "AH": DATE, "AA": "djfiander", "CK": r"\d{3}"},
    ),
    (f"1720060110    215612{ITEM}", rf"18040201{DATE}", {"AH": DATE, "BG": "BR1"}),
    (f"{RENEW}{ITEM}", rf"301YNN{DATE}", {"AH": DATE, "AJ": "Perl 5 desktop reference"}),
    (f"6520060102    084236{PATRON}ADbad|", rf"66000000000{DATE}", {}),
    (f"6520060102    084236{PATRON}", rf"66100010000{DATE}", {"BM": "1565921879"}),
    (
        f"6300020060329    201700  Y       {PATRON}",
        rf"64 [ Y]{{13}}000{DATE}000000000001(\d{{4}}){{3}}",
        {"AU": "1565921879"},
    ),
    (BACK, rf"101YNN{DATE}", {"AA": "djfiander", "AQ": "BR1", "AJ": "Perl 5 desktop reference"}),
    (BACK.replace("N2006", "N2007"), rf"100YNN{DATE}", {"AA": "-", "AQ": "BR1"}),
    (f"{RENEW}{ITEM}", rf"300NUN{DATE}", {"AH": ""}),
    (f"{RENEW}AOBR1|AAdjfiander|ABbad-item|", rf"300NUN{DATE}", {"AB": "bad-item", "AJ": ""}),
    (f"{RENEW}AOBR1|AAberick|AB1565921879|", rf"300NUN{DATE}", {"AA": "berick", "AH": ""}),
    (
        f"{LEND}AOBR1|AAdjfiander|ABno-barcode|AC|",
        rf"120NUN{DATE}",
        {"AJ": "", "AH": "", "BL": "Y", "AB": "no-barcode"},
    ),
    (
        f"{LEND}AOBR1|AAdjfiander|AB660|AC|",
        rf"121NNY{DATE}",
        {"AJ": "Harry Potter y el cáliz de fuego"},
    ),
    (f"1720060110    215612{ITEM}", rf"18030201{DATE}", {"AB": "1565921879"}),
    (f"3520060110    215612{PATRON}", rf"36Y{DATE}", {"AA": "djfiander"}),
]


def test_g1_clients_of_other_systems_get_what_they_expect(sip: Terminal) -> None:
    for request, head, fields in SCRIPT:
        answer = sip.raw(sip.frame(request)).decode().rstrip("\r")
        found = re.match(head, answer)
        assert found, f"{request} → {answer}"
        values = dict(re.findall(r"(..)([^|]*)\|", answer[found.end() :]))
        for field, pattern in fields.items():
            if pattern == "-":
                assert field not in values, answer
            else:
                assert re.fullmatch(pattern, values[field]), f"{field} in {answer}"


def test_g1_holds_are_placed_counted_and_cancelled(sip: Terminal) -> None:
    def asked(text: str) -> str:
        return sip.raw(sip.frame(text)).decode()

    placed = asked(HELD)
    assert re.match(rf"161N{DATE}", placed)
    for field in ("BR1|", "BSTaylor|", "AJPerl 5 desktop reference|", "AB1565921879|"):
        assert field in placed
    assert re.match(rf"64 [ Y]{{13}}000{DATE}0001(\d{{4}}){{4}}0001", asked(COUNTED))
    listed = asked(COUNTED.replace("          AO", "Y         AO"))
    assert "AS1565921879|" in listed
    second = asked(HELD.replace("djfiander", "p00001"))
    assert re.match(rf"161N{DATE}", second)
    assert "BR2|" in second
    assert "CF2|" in asked("1720060110    215612AOBR1|AB1565921879|")
    cancel = HELD.replace("15+", "15-")
    assert re.match(rf"161N{DATE}", asked(cancel))
    assert re.match(rf"64 [ Y]{{13}}000{DATE}0000", asked(COUNTED))
    # What it wrote is the last of that hold, so that the same frame gets the same answer.
    assert re.match(rf"161N{DATE}", asked(cancel))
    assert re.match(rf"160N{DATE}", asked(cancel.replace("2006", "2007")))
    assert re.match(rf"160N{DATE}", asked(HELD + "ADbad password|"))
    assert re.match(rf"160N{DATE}", asked(HELD.replace("djfiander", "no_such_user")))
    assert re.match(rf"160N{DATE}", asked(HELD.replace("1565921879", "nosuchitem")))


def test_g1_a_held_book_taken_back_raises_the_alert(sip: Terminal) -> None:
    sip.ask(f"{LEND}AOBR1|AAdjfiander|AB660|AC|")
    sip.ask(HELD.replace("AAdjfiander", "AAp00002").replace("1565921879", "660"))
    back = sip.ask(BACK.replace("1565921879", "660"))
    assert (back.fixed["ok"], back.fixed["alert"]) == ("1", "Y")
    assert (back.get("CV"), back.get("CT"), back.get("CY")) == ("02", "Taylor", "p00002")
    assert back.get("DA") == "Reader 00002"
    assert sip.ask("1720060110    215612AOBR1|AB660|").fixed["circulation_status"] == "10"
    refused = sip.ask(f"{LEND}AOBR1|AAdjfiander|AB660|AC|")
    assert refused.fixed["ok"] == "0"


def test_g1_money_owed_is_told_blocks_and_is_paid(sip: Terminal) -> None:
    asked = "6300020060329    201700   Y      AOBR1|AAmiker|AD6789|"
    owing = sip.ask(asked)
    assert owing.fixed["patron_status"] == "Y         Y   "
    assert (owing.fixed["fines"], owing.get("BV"), owing.get("CC")) == ("0001", "12.50", "10.00")
    charge = owing.get("AV")
    assert charge.split()[1:3] == ["12.50", "USD"]
    lent = sip.ask(f"{LEND}AOBR1|AAmiker|AB660|AC|")
    assert lent.fixed["ok"] == "0"
    pay = "3720060329    2017000100USDBV{}|AOBR1|AAmiker|AC|BKmachine-7|"
    assert sip.ask(pay.format("99.00")).fixed["ok"] == "N"
    assert sip.ask(pay.format("1,00")).fixed["ok"] == "N"
    assert sip.ask(pay.format("5.00").replace("USD", "CNY")).fixed["ok"] == "N"
    assert sip.ask(pay.format("5.00") + "CGnone|").fixed["ok"] == "N"
    frame = sip.frame(pay.format("5.00") + f"CG{charge.split()[0]}|")
    paid = sip.raw(frame)
    assert paid.startswith(b"38Y")
    assert b"BKmachine-7|" in paid
    assert sip.raw(frame) == paid
    assert sip.ask(asked).get("BV") == "7.50"
    assert sip.ask(f"{LEND}AOBR1|AAmiker|AB660|AC|").fixed["ok"] == "1"


def test_g1_a_machine_stops_a_card_and_lets_it_go(sip: Terminal) -> None:
    def asked(text: str) -> str:
        return sip.raw(sip.frame(text)).decode()

    block = "01N20060102    084238AOBR1|ALstuck|AAdjfiander|AC|"
    enable = "2520060102    084238AOBR1|AAdjfiander|"
    assert re.match(rf"24YYYYY[ Y]{{9}}000{DATE}", asked(block))
    assert sip.ask(f"{LEND}AOBR1|AAdjfiander|AB660|AC|").fixed["ok"] == "0"
    wrong = asked(enable + "ADbad|")
    assert re.match(rf"26YYYYY[ Y]{{9}}000{DATE}", wrong)
    assert "CQN|" in wrong
    assert re.match(rf"26 {{5}}[ Y]{{9}}000{DATE}", asked(enable + "AD6789|"))
    assert re.match(rf"24YYYYY[ Y]{{9}}000{DATE}", asked(block))
    assert re.match(rf"26 {{5}}[ Y]{{9}}000{DATE}", asked(enable))
    unknown = asked(enable.replace("djfiander", "bad_userid"))
    assert re.match(rf"26YYYY {{10}}000{DATE}", unknown)
    assert "AE|" in unknown


def test_g1_a_card_reported_lost_is_not_let_go_by_a_machine(sip: Terminal) -> None:
    card = patrons.find_card("DJFIANDER")
    assert card is not None
    at = Context(
        actor=SYSTEM, channel="desk", service_point=card.issued_place, occurred_at=clock.now()
    )
    patron_commands.report_lost(card=card.id, ctx=at)
    enabled = sip.ask("2520060102    084238AOBR1|AAdjfiander|")
    assert enabled.fixed["patron_status"].startswith("YYYYY")


def test_g1_codes_come_back_as_they_are_printed(port: int) -> None:
    terminal = Terminal(port, end=b"\r\n", sequence=None)
    assert terminal.raw(b"9300CNcn|COcn-1|CPx|\n") == b"941\r\n"
    lent = terminal.ask(f"{LEND}AOTAY|AAp00002|ABi000003|AC|")
    assert (lent.get("AA"), lent.get("AB"), lent.get("AJ")) == (
        "p00002",
        "i000003",
        "Title 00003 弢",
    )
    held = terminal.ask("6301920060329    201700  Y       AOTAY|AAp00002|AD1234|")
    assert (held.get("AU"), held.get("CQ"), held.fixed["language"]) == ("i000003", "Y", "019")
    back = terminal.ask("09N20060102    08423620060113    084235APx|AOTAY|ABi000003|AC|")
    assert (back.get("AA"), back.get("AQ")) == ("p00002", "Taylor")
    terminal.close()


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("colour",), 1, "colour"),
        (("patrons", 0, "shoe_size"), 43, "shoe_size"),
        (("items", 2, "count"), 0, "items[2]"),
        (("items", 0, "pattern"), "x%d", "items[0]: give either barcode or pattern"),
        (("patrons", 0, "fines_owed"), "1,50", "patrons[0].fines_owed"),
        (("patrons", 0, "birth_date"), "19641340", "patrons[0].birth_date"),
        (("patrons", 0, "branch"), "BR9", "patrons[0].branch: 'BR9' is none of BR1, Taylor"),
        (("sip_accounts", 1, "encoding"), "latin1", "sip_accounts[1].encoding"),
        (("items", 1, "barcode"), "1565921879", "stands there twice"),
        (("rules", "loan_days"), 0, "rules.loan_days"),
        (("branches",), [], "branches"),
        (("branches", 0, "name"), None, "`name`"),
    ],
)
def test_g1_a_description_that_can_not_be_names_what_is_wrong(
    path: tuple[Any, ...], value: Any, said: str
) -> None:
    described = json.loads(json.dumps(DESCRIBED))
    at = described
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(fixture.Fault, match=re.escape(said)):
        fixture.read(json.dumps(described).encode())


def test_g1_null_in_a_description_is_as_good_as_left_out() -> None:
    described = json.loads(json.dumps(DESCRIBED))
    described["sip_accounts"][0]["terminator"] = None
    described["patrons"][0]["expires"] = None
    without = json.loads(json.dumps(DESCRIBED))
    without["sip_accounts"][0].pop("terminator", None)
    without["patrons"][0].pop("expires", None)
    assert fixture.read(json.dumps(described).encode()) == fixture.read(
        json.dumps(without).encode()
    )


def test_g1_a_wrong_description_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "library.json"
    file.write_text('{"branches": [{"code": "a", "name": "A", "colour": "red"}]}')
    command = [sys.executable, "-m", "shuxiang.interfaces.cli.main", "init", "--fixture", str(file)]
    home = tmp_path / "home"
    done = subprocess.run(
        command,
        env={"PATH": "", "SHUXIANG_HOME": str(home), "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "colour" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (home / "library.sqlite3").exists()
