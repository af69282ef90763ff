"""The tables of 办证 and of cards (rows C1, C3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.patrons import rules
from shuxiang.apps.patrons.identity import IdentityDocument, check_document
from shuxiang.apps.patrons.rules import Category, Guardian, Registration
from shuxiang.kernel.decision import Severity, ask, stop
from tests.apps.patrons.people import BOY, LI, WANG, id_number

TODAY = date(2020, 6, 10)


def paper(number: str, kind: str = "idcard") -> Any:
    return check_document(IdentityDocument(kind, number), today=TODAY)


ADULT = Category(code="adult", name="成人", least_age=16)
CHILD = Category(code="child", name="少儿", most_age=15, needs_guardian=True)
YOUTH = Category(code="youth", name="青少年", most_age=17)
GROUP = Category(code="group", name="集体", for_groups=True)
OPEN = Category(code="temporary", name="临时", valid_months=2)
MOTHER = Guardian(name="王芳", relation="母亲", phone="13800138000", document=paper(WANG))

GROWN = Registration(
    name="李四",
    category=ADULT,
    on=TODAY,
    document=paper(LI),
    consents=frozenset({"reader-data"}),
)
YOUNG = Registration(
    name="王小宝",
    category=CHILD,
    on=TODAY,
    born_on=date(2015, 6, 30),
    guardian=MOTHER,
    consents=frozenset({"reader-data", "child-data"}),
)
CLUB = Registration(
    name="源城一小",
    category=GROUP,
    on=TODAY,
    guardian=Guardian(name="赵老师", relation="responsible", phone="3388123"),
    consents=frozenset({"reader-data"}),
)


@pytest.mark.parametrize(
    ("facts", "changes", "reasons"),
    [
        (GROWN, {}, ()),
        (GROWN, {"name": "  "}, (stop("name-missing"),)),
        (GROWN, {"name": "长" * 81}, (stop("text-too-long", field="name", most=80),)),
        (GROWN, {"category": None}, (stop("category-unknown"),)),
        (GROWN, {"sex": "男"}, (stop("sex-invalid"),)),
        (GROWN, {"phone": "callme"}, (stop("phone-invalid"),)),
        (GROWN, {"document": None}, (stop("birth-missing"), stop("document-missing"))),
        (
            GROWN,
            {"document": None, "born_on": date(1990, 1, 1)},
            (stop("document-missing"),),
        ),
        (GROWN, {"document": paper("E12345678", "passport")}, (stop("birth-missing"),)),
        (
            GROWN,
            {"document": paper("E12345678", "passport"), "born_on": date(1990, 1, 1)},
            (),
        ),
        (GROWN, {"born_on": date(1990, 1, 2)}, (stop("birth-mismatch"),)),
        (
            GROWN,
            {"document": paper("441602199001010017"), "born_on": date(1990, 1, 1)},
            (stop("document-invalid", kind="idcard", fault="check"),),
        ),
        (
            GROWN,
            {"document": paper("1", "driving"), "born_on": date(1990, 1, 1)},
            (stop("document-kind-unknown", kind="driving"),),
        ),
        (GROWN, {"held_by": "0*****42"}, (stop("document-held", card="0*****42"),)),
        (
            GROWN,
            {"document": paper(id_number(date(2004, 6, 11)))},
            (stop("age-below-category", age=15, limit=16, category="成人"),),
        ),
        (GROWN, {"document": paper(id_number(date(2004, 6, 10)))}, ()),
        (GROWN, {"consents": frozenset()}, (stop("consent-missing", purpose="reader-data"),)),
        (
            GROWN,
            {"consents": frozenset({"reader-data", "face"})},
            (stop("purpose-unknown", purpose="face"),),
        ),
        (GROWN, {"same_person": "0*****42"}, (ask("maybe-registered", card="0*****42"),)),
        (GROWN, {"card_number": "00000042"}, ()),
        (
            GROWN,
            {"card_number": "00000042", "card_taken": True},
            (stop("card-number-taken", number="00000042"),),
        ),
        (GROWN, {"card_number": "A1"}, (stop("card-number-form"),)),
        (GROWN, {"card_number": "卡片0001"}, (stop("card-number-form"),)),
        (GROWN, {"card_number": LI}, (stop("card-number-is-id"),)),
        (GROWN, {"card_number": WANG}, (stop("card-number-is-id"),)),
        (
            GROWN,
            {"document": paper("E12345678", "passport"), "born_on": date(1990, 1, 1)}
            | {"card_number": "E12345678"},
            (stop("card-number-is-id"),),
        ),
        # C3: a child needs no document of its own, but somebody who answers for it.
        (YOUNG, {}, ()),
        (YOUNG, {"document": paper(BOY), "born_on": None}, ()),
        (YOUNG, {"born_on": None}, (stop("birth-missing"),)),
        (
            YOUNG,
            {"born_on": date(2020, 6, 11)},
            (stop("birth-in-future", day="2020-06-11"),),
        ),
        (YOUNG, {"guardian": None}, (stop("guardian-missing"),)),
        (
            YOUNG,
            {"guardian": Guardian(name="", relation="", phone="", document=None)},
            (
                stop("guardian-name-missing"),
                stop("guardian-relation-missing"),
                stop("guardian-phone-missing"),
                stop("guardian-document-missing"),
            ),
        ),
        (
            YOUNG,
            {"guardian": replace(MOTHER, document=paper("441602199001010017"))},
            (stop("guardian-document-invalid", kind="idcard", fault="check"),),
        ),
        (
            YOUNG,
            {"guardian": replace(MOTHER, document=paper(id_number(date(2004, 1, 1))))},
            (stop("guardian-is-minor", age=16),),
        ),
        (
            YOUNG,
            {"document": paper(WANG), "born_on": None, "category": OPEN},
            (stop("document-is-guardians"),),
        ),
        (
            YOUNG,
            {"consents": frozenset({"reader-data"})},
            (stop("consent-missing", purpose="child-data"),),
        ),
        # 14 and 15 in the children's category: still a guardian, no separate consent.
        (
            YOUNG,
            {"born_on": date(2006, 6, 10), "consents": frozenset({"reader-data"})},
            (),
        ),
        (
            YOUNG,
            {"born_on": date(2004, 6, 10)},
            (stop("age-above-category", age=16, limit=15, category="少儿"),),
        ),
        # Below 14 the law asks for a guardian whatever the category says.
        (YOUNG, {"category": YOUTH, "guardian": None}, (stop("guardian-missing"),)),
        (
            YOUNG,
            {"category": YOUTH, "guardian": None, "born_on": None, "document": paper(id_number(date(2005, 1, 1)))},
            (),
        ),
        (CLUB, {}, ()),
        (CLUB, {"guardian": None}, (stop("responsible-missing"),)),
        (
            CLUB,
            {"guardian": Guardian(name="赵老师", relation="", phone="")},
            (stop("responsible-phone-missing"),),
        ),
    ],
)  # fmt: skip
def test_c1_who_may_have_a_card(
    facts: Registration, changes: dict[str, Any], reasons: tuple[Any, ...]
) -> None:
    assert rules.may_register(replace(facts, **changes)).reasons == reasons


def test_c1_every_reason_at_once() -> None:
    decision = rules.may_register(
        Registration(name="", category=CHILD, on=TODAY, card_number="x", phone="-")
    )
    assert decision.codes == (
        "name-missing",
        "phone-invalid",
        "birth-missing",
        "guardian-missing",
        "consent-missing",
        "card-number-form",
    )


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, ()),
        ({"expires_on": TODAY}, ()),
        ({"expires_on": date(2020, 6, 9)}, (ask("card-expired", day="2020-06-09"),)),
        ({"status": "lost"}, (stop("card-lost"),)),
        ({"status": "replaced"}, (stop("card-replaced"),)),
        ({"status": "closed"}, (stop("card-closed"),)),
        (
            {"suspended_until": TODAY, "suspended_why": "损坏图书"},
            (stop("patron-suspended", until="2020-06-10", why="损坏图书"),),
        ),
        ({"suspended_until": date(2020, 6, 9)}, ()),
        ({"patron_closed": True}, (stop("patron-closed"),)),
        ({"consent_withdrawn": True}, (stop("consent-withdrawn"),)),
        (
            {"status": "lost", "expires_on": date(2019, 1, 1), "suspended_until": TODAY},
            (
                stop("card-lost"),
                ask("card-expired", day="2019-01-01"),
                stop("patron-suspended", until="2020-06-10", why=""),
            ),
        ),
        (
            {"status": "replaced", "expires_on": date(2019, 1, 1), "suspended_until": TODAY},
            (stop("card-replaced"),),
        ),
    ],
)
def test_i17_when_a_card_opens_the_account(
    changes: dict[str, Any], reasons: tuple[Any, ...]
) -> None:
    facts = {"status": "active", "expires_on": date(2025, 6, 10), "on": TODAY} | changes
    decision = rules.card_open(**facts)
    assert decision.reasons == reasons
    assert decision.allowed is not bool(reasons)


@pytest.mark.parametrize(
    ("rule", "status", "closed", "codes"),
    [
        (rules.may_report_lost, "active", False, ()),
        (rules.may_report_lost, "lost", False, ("card-already-lost",)),
        (rules.may_report_lost, "replaced", False, ("card-replaced",)),
        (rules.may_report_lost, "closed", True, ("card-closed",)),
        (rules.may_cancel_lost, "lost", False, ()),
        (rules.may_cancel_lost, "active", False, ("card-not-lost",)),
        (rules.may_cancel_lost, "replaced", False, ("card-replaced",)),
        (rules.may_replace, "lost", False, ()),
        (rules.may_replace, "active", False, ()),
        (rules.may_replace, "replaced", False, ("card-replaced",)),
        (rules.may_replace, "active", True, ("patron-closed",)),
    ],
)
def test_lost_found_and_replaced(rule: Any, status: str, closed: bool, codes: Any) -> None:
    assert rule(status=status, patron_closed=closed).codes == codes


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, ()),
        ({"expires_on": date(2020, 9, 8)}, ()),
        ({"expires_on": date(2020, 9, 9)}, ("card-renewal-early",)),
        ({"status": "lost"}, ("card-lost",)),
        ({"status": "replaced"}, ("card-replaced",)),
        ({"age": 16, "category": CHILD}, ("age-above-category",)),
        ({"age": 15, "category": CHILD}, ()),
    ],
)
def test_renewing_a_card(changes: dict[str, Any], codes: tuple[str, ...]) -> None:
    facts: dict[str, Any] = {
        "status": "active",
        "patron_closed": False,
        "expires_on": TODAY,
        "on": TODAY,
        "category": ADULT,
        "age": 30,
    }
    assert rules.may_renew_card(**(facts | changes)).codes == codes


@pytest.mark.parametrize(
    ("expires", "months", "until"),
    [
        (date(2020, 7, 1), 60, date(2025, 7, 1)),
        (date(2019, 7, 1), 60, date(2025, 6, 10)),
        (date(2020, 12, 31), 2, date(2021, 2, 28)),
    ],
)
def test_the_last_day_after_renewing(expires: date, months: int, until: date) -> None:
    assert rules.renewed_until(expires, TODAY, months) == until


def test_closing_asks_others() -> None:
    answers = (stop("loans-open", count=2),)
    assert rules.may_close(patron_closed=False, answers=answers).reasons == answers
    assert rules.may_close(patron_closed=False, answers=()).allowed
    assert rules.may_close(patron_closed=True, answers=answers).codes == ("patron-closed",)


def test_only_a_tell_leaves_a_decision_allowed() -> None:
    expired = rules.card_open(status="active", expires_on=date(2020, 6, 9), on=TODAY)
    assert not expired.allowed
    assert expired.lifted(["card-expired"]).reasons[0].severity is Severity.TELL
