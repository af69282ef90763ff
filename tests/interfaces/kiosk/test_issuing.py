"""自助办证机 (row C2): under a minute by the identity card, counted by channel, and at no moment an
active card without a holder: the power is cut at every step."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries
from shuxiang.apps.places import queries as places
from shuxiang.bridge.devices import IdCard
from shuxiang.bridge.protocol import Bridge
from shuxiang.bridge.simulated import Hardware, PowerCut, devices
from shuxiang.kernel.context import Actor
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import sql
from tests.apps.patrons import people
from tests.interfaces.kiosk.conftest import NOW, Machines
from tests.interfaces.kiosk.pages import Form, Screen
from tests.support.library import Contexts

pytestmark = pytest.mark.db
HE = people.id_number(date(1991, 5, 6), 7)
CHILD = people.id_number(date(2012, 5, 6), 9)


class Page:
    """The machine's page: the screen, the devices it relays to, and how often it asked the server."""

    def __init__(self, home: Screen, hardware: Hardware) -> None:
        self.hardware = hardware
        self.bridge = Bridge(devices(hardware))
        self.screen = home
        self.asked = 0
        self._settle()

    def _calls(self, form: Form) -> str:
        answers = []
        for call in form.device:
            method = "GET" if call["body"] is None else "POST"
            status, body = self.bridge.call(method, call["path"], call["body"])
            answers.append({"path": call["path"], "status": status, "body": body})
        return json.dumps(answers)

    def _settle(self) -> None:
        """What a page does by itself: ask the devices for as long as a screen says so."""
        while found := [f for f in self.screen.forms() if f.device and not f.waits]:
            answer = self._calls(found[0])
            if found[0].fields.get("applicant") and '"state": "none"' in answer:
                return
            after = self.screen.send(found[0], answer=answer)
            self.asked += 1
            if after.status == 204:
                return
            self.screen = after

    def open(self, path: str) -> Page:
        self.screen = self.screen.open(path)
        self.asked += 1
        self._settle()
        return self

    def press(self, label: str, **fields: Any) -> Page:
        form = self.screen.form(label)
        if form.device:
            fields["answer"] = self._calls(form)
        self.screen = self.screen.send(form, **fields)
        self.asked += 1
        self._settle()
        return self

    @property
    def text(self) -> str:
        return self.screen.text


@pytest.fixture
def hardware() -> Hardware:
    return Hardware(blanks=20, id_card=IdCard("何来", HE))


@pytest.fixture
def begin(at_machine: Callable[..., Screen], hardware: Hardware) -> Callable[..., Page]:
    def make(login: str = "cards") -> Page:
        return Page(at_machine(login), hardware)

    return make


def asked_for(page: Page) -> Page:
    """Up to the last question."""
    page.open("/kiosk/issue/").press("同意")
    return page.press("下一步", phone="13800138000")


def issues() -> list[tuple[str, str, str]]:
    return sql.all("SELECT state, ended_why, applicant FROM patrons_cardissue ORDER BY reserved_at")


def active_cards() -> set[str]:
    return {row[0] for row in sql.all("SELECT number FROM patrons_card WHERE channel = 'kiosk'")}


def in_hands(hardware: Hardware) -> set[str]:
    return {number for _, number in hardware.taken}


def test_c2_from_consent_to_a_valid_card(begin: Callable[..., Page], hardware: Hardware) -> None:
    page = begin()
    before = page.asked
    page.open("/kiosk/issue/")
    assert "您同意吗" in page.text
    page.press("同意")
    # The identity card lay there: it was read without a touch.
    assert "请输入手机号" in page.text
    page.press("下一步", phone="13800138000")
    assert "何*" in page.text
    assert HE not in page.screen.answer.content.decode()
    page.press("办证")
    assert "办证成功" in page.text
    (number,) = in_hands(hardware)
    assert active_cards() == {number}
    assert number in page.text
    # Under 60 seconds by design: three touches and eleven digits, and this many answers in all.
    assert page.asked - before <= 9
    (card,) = queries.cards_by_number(number)
    facts = queries.patron_facts(card.patron)
    assert (facts.name, facts.born_on, facts.category) == ("何来", date(1991, 5, 6), "adult")
    assert issues() == [("active", "", "")]


def test_c2_counted_as_issued_by_the_machine(
    begin: Callable[..., Page], machines: Machines
) -> None:
    asked_for(begin()).press("办证")
    assert sql.all(
        "SELECT type, channel, actor_kind, actor, place, source FROM ledger_event "
        "WHERE type = 'card.issued' AND channel = 'kiosk'"
    ) == [
        (
            "card.issued",
            "kiosk",
            "terminal",
            machines.devices["cards"],
            machines.stocked.library.main,
            "first",
        )
    ]


def test_the_first_pin_opens_the_account(
    begin: Callable[..., Page], hardware: Hardware, at_machine: Callable[..., Screen]
) -> None:
    page = asked_for(begin()).press("办证")
    pin = page.text.split("不要告诉别人。 ")[1].split()[0]
    assert hardware.slips[-1][0][3] == f"初始密码：{pin}，首次登录后请修改。"
    (number,) = in_hands(hardware)
    borrow = at_machine().open("/kiosk/borrow/").scan(number).press("下一步", pin=pin)
    assert "请借书" in borrow.text


CUTS = [
    ("", "before dispense"),
    ("", "after dispense"),
    ("", "before read"),
    ("", "after read"),
    ("", "before offer"),
    ("", "after offer"),
    ("", "after taken"),
    ("wrong-number", "before retract"),
    ("wrong-number", "after retract"),
    ("not-taken", "before retract"),
    ("not-taken", "after retract"),
]


@pytest.mark.parametrize(("fault", "cut"), CUTS)
def test_c2_a_power_cut_at_any_step_leaves_no_active_card_without_a_holder(
    begin: Callable[..., Page], hardware: Hardware, cut: str, fault: str
) -> None:
    """The machine dies at the step, and comes back to its first screen."""
    hardware.faults = {fault} - {""}
    hardware.cut = cut
    with pytest.raises(PowerCut):
        asked_for(begin()).press("办证")
    assert active_cards() <= in_hands(hardware), "active while nobody holds it"
    hardware.cut, hardware.faults = "", set()
    begin()
    held = in_hands(hardware)
    assert active_cards() == held, "what was taken is valid, and nothing else"
    assert hardware.held == ""
    assert all(state in ("active", "ended") and not given for state, _, given in issues())
    assert len(sql.all("SELECT 1 FROM patrons_patron WHERE name = '何来'")) == len(held)


@pytest.mark.parametrize("lost", ["made", "taken"])
def test_c2_a_page_that_dies_before_it_can_tell(
    begin: Callable[..., Page],
    hardware: Hardware,
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
) -> None:
    """The devices did their part; the answer never reached the library."""
    sent = Screen.send

    def cut(self: Screen, form: Form, **fields: Any) -> Screen:
        if form.action.endswith(f"/{lost}/") or f"/{lost}/?" in form.action:
            raise PowerCut(lost)
        return sent(self, form, **fields)

    monkeypatch.setattr(Screen, "send", cut)
    with pytest.raises(PowerCut):
        asked_for(begin()).press("办证")
    assert active_cards() == set()
    monkeypatch.setattr(Screen, "send", sent)
    begin()
    assert active_cards() == in_hands(hardware)
    assert hardware.held == ""
    assert [state for state, _, _ in issues()] == ["active" if lost == "taken" else "ended"]


@pytest.mark.parametrize(
    ("fault", "why", "code"),
    [
        ("jam", "jam", "card-fault"),
        ("wrong-number", "card-read-differs", "card-fault"),
        ("card-unreadable", "unreadable", "card-fault"),
        ("not-taken", "not-taken", ""),
    ],
)
def test_c2_a_card_that_fails_keeps_nothing(
    begin: Callable[..., Page],
    hardware: Hardware,
    machines: Machines,
    fault: str,
    why: str,
    code: str,
) -> None:
    page = begin()
    hardware.faults = {fault}
    asked_for(page).press("办证")
    assert "没有办成" in page.text
    assert active_cards() == set()
    assert issues() == [("ended", why, "")]
    assert hardware.held == ""
    main = machines.stocked.library.main
    assert [c.code for c in places.open_calls([main])] == ([code] if code else [])
    # The same person tries again: the number of before is never given out again.
    hardware.faults = set()
    asked_for(page.open("/kiosk/")).press("办证")
    assert active_cards() == in_hands(hardware)


def test_c2_blank_cards_running_out_and_gone(
    begin: Callable[..., Page], hardware: Hardware, machines: Machines
) -> None:
    main = machines.stocked.library.main
    hardware.blanks = 11
    asked_for(begin()).press("办证")
    assert [c.code for c in places.open_calls([main])] == ["cards-low"]
    hardware.blanks = 0
    page = begin().open("/kiosk/issue/")
    assert "本机暂时不能办证" in page.text
    assert [c.code for c in places.open_calls([main])] == ["cards-low", "cards-empty"]


def test_c2_cards_that_come_with_a_number(
    begin: Callable[..., Page], hardware: Hardware, machines: Machines
) -> None:
    hardware.printed = ["YC000777", machines.stocked.cards["adult"]]
    asked_for(begin("printed")).press("办证")
    assert active_cards() == {"YC000777"}
    hardware.id_card = IdCard("又来", people.id_number(date(1980, 1, 2), 11))
    page = asked_for(begin("printed")).press("办证")
    assert "没有办成" in page.text
    assert active_cards() == {"YC000777"}
    assert [(s, w) for s, w, _ in issues()] == [("active", ""), ("ended", "card-number-taken")]


def test_c2_a_child_needs_the_guardian(begin: Callable[..., Page], hardware: Hardware) -> None:
    hardware.id_card = IdCard("王小小", CHILD)
    page = begin().open("/kiosk/issue/").press("同意")
    assert "监护人放身份证" in page.text
    page.press("已放好")
    assert "监护人" in page.text, "the child's own card still lies there"
    hardware.id_card = IdCard("何来", HE)
    page.press("已放好")
    assert "监护人同意吗" in page.text
    page.press("同意").press("母亲")
    assert "请输入监护人手机号" in page.text
    page.press("下一步", phone="13800138000").press("办证")
    assert "办证成功" in page.text
    (card,) = queries.cards_by_number(next(iter(in_hands(hardware))))
    facts = queries.patron_facts(card.patron)
    assert facts.category == "child"
    found = queries.masked(card.patron)
    assert [(g.name, g.relation) for g in found.guardians] == [("何来", "母亲")]
    assert {c.purpose: c.given_by for c in found.consents} == {
        "reader-data": "guardian",
        "child-data": "guardian",
    }


def test_c2_who_has_a_card_is_told_before_anything_else(
    begin: Callable[..., Page], hardware: Hardware, unchanged: Any
) -> None:
    hardware.id_card = IdCard("李四", people.LI)
    page = begin()
    with unchanged():
        page.open("/kiosk/issue/").press("同意")
    assert "这个证件已办过读者证：0*****01" in page.text
    assert "手机号" not in page.text
    assert people.LI not in page.screen.answer.content.decode()


@pytest.mark.parametrize(
    ("number", "said"),
    [(HE[:-1] + ("0" if HE[-1] != "0" else "1"), "校验"), ("12", "位"), ("", "位")],
)
def test_a_number_typed_wrong_is_told(
    begin: Callable[..., Page], hardware: Hardware, number: str, said: str
) -> None:
    hardware.id_card = None
    page = begin().open("/kiosk/issue/").press("同意").press("改为手工输入")
    page.press("下一步", name="何来", number=number)
    assert "请放身份证" in page.text
    assert said in page.text
    assert "手机号" not in page.text
    page.press("下一步", name="何来", number=HE)
    assert "请输入手机号" in page.text
    page.press("下一步", phone="123")
    assert "11 位" in page.text


def test_s3_pages_left_lying_open_nothing(
    begin: Callable[..., Page], time: Callable[[Any], None]
) -> None:
    page = asked_for(begin())
    form = page.screen.form("办证")
    time(NOW + timedelta(minutes=16))
    assert "您要办理什么" in page.screen.send(form).text
    for token in ("", "x", "1.AAAA"):
        assert "您要办理什么" in page.screen.send(form, applicant=token).text


# --- the commands --------------------------------------------------------------------------------


def given(**more: Any) -> patrons.Given:
    values: dict[str, Any] = {
        "name": "何来",
        "category": "adult",
        "document": patrons.IdentityDocument("idcard", HE),
        "phone": "13800138000",
        "consents": people.READER,
    }
    return patrons.Given(**(values | more))


@pytest.fixture
def at(machines: Machines, ctx: Contexts) -> Callable[[str], Any]:
    return lambda login: ctx(Actor("terminal", machines.devices[login]), channel="kiosk")


def test_two_machines_do_not_make_two_cards_for_one_person(at: Callable[[str], Any]) -> None:
    first = patrons.reserve_card(given=given(), numbered=False, ctx=at("cards"))
    with pytest.raises(Refused, match="issue-under-way"):
        patrons.reserve_card(given=given(), numbered=False, ctx=at("printed"))
    patrons.end_issue(issue=first.issue, why="jam", ctx=at("cards"))
    again = patrons.reserve_card(given=given(), numbered=False, ctx=at("printed"))
    assert again.number == f"{int(first.number) + 1:08d}"


@pytest.mark.parametrize("state", ["reserved", "ended", "active"])
def test_no_step_is_skipped_or_done_twice(at: Callable[[str], Any], state: str) -> None:
    made = patrons.reserve_card(given=given(), numbered=False, ctx=at("cards"))
    if state != "reserved":
        patrons.card_dispensed(issue=made.issue, read=made.number, ctx=at("cards"))
    if state == "ended":
        patrons.end_issue(issue=made.issue, why="jam", ctx=at("cards"))
    if state == "active":
        patrons.activate_card(issue=made.issue, pin_hash="", ctx=at("cards"))
    with pytest.raises(Refused, match="issue-settled"):
        patrons.activate_card(issue=made.issue, pin_hash="", ctx=at("cards"))


def test_s3_another_machine_has_no_hand_in_it(at: Callable[[str], Any], ctx: Contexts) -> None:
    made = patrons.reserve_card(given=given(), numbered=False, ctx=at("cards"))
    with pytest.raises(Refused, match="issue-unknown"):
        patrons.card_dispensed(issue=made.issue, read=made.number, ctx=at("printed"))
    with pytest.raises(Refused, match="not-permitted"):
        patrons.reserve_card(given=given(), numbered=False, ctx=ctx("desk"))


def test_somebody_who_got_a_card_elsewhere_meanwhile(
    at: Callable[[str], Any], ctx: Contexts
) -> None:
    made = patrons.reserve_card(given=given(), numbered=False, ctx=at("cards"))
    patrons.card_dispensed(issue=made.issue, read=made.number, ctx=at("cards"))
    people.adult(ctx(), number=HE, name="何来")
    with pytest.raises(Refused, match="document-held"):
        patrons.activate_card(issue=made.issue, pin_hash="", ctx=at("cards"))
    assert active_cards() == set()


def test_what_was_given_is_sealed_and_forgotten_after_a_day(
    at: Callable[[str], Any], ctx: Contexts
) -> None:
    patrons.reserve_card(given=given(), numbered=False, ctx=at("cards"))
    ((_, _, sealed),) = issues()
    assert sealed
    assert HE not in sealed
    assert patrons.end_stale_issues(ctx=ctx(at=NOW + timedelta(hours=23))) == 0
    assert patrons.end_stale_issues(ctx=ctx(at=NOW + timedelta(hours=25))) == 1
    assert issues() == [("ended", "stale", "")]
