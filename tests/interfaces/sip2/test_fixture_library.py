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
    assert made == {"branches": 2, "terminals": 2, "readers": 4, "items": 14}
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
