"""V1: texts with their placeholders, quiet hours, channels in order, retries."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from shuxiang.apps.notices import rules
from shuxiang.apps.notices.kinds import KINDS
from shuxiang.apps.notices.rules import Fact, Reachable
from tests.support.library import moment


@pytest.mark.parametrize("code", KINDS)
def test_the_shipped_texts_pass_their_own_check(code: str) -> None:
    kind = KINDS[code]
    decision = rules.against_text(
        kind, subject=kind.subject, long=kind.long, short=kind.short, titles=False
    )
    assert decision.codes == ()


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"subject": " "}, ("template-text-missing",)),
        ({"long": "{读者} {电话}"}, ("placeholder-unknown",)),
        ({"long": "{截止日期}"}, ("placeholder-unknown",)),  # another kind's
        ({"short": "还书 {册数"}, ("placeholder-broken",)),
        ({"short": "还书 }"}, ("placeholder-broken",)),
        ({"short": "《书》{书单}"}, ("titles-in-short",)),
        ({"short": "字" * 301}, ("text-too-long",)),
        ({"subject": "", "long": "{x}"}, ("template-text-missing", "placeholder-unknown")),
    ],
)
def test_what_a_text_may_hold(change: dict[str, str], codes: tuple[str, ...]) -> None:
    texts = {"subject": "到期", "long": "{读者}：{书单}", "short": "{册数}册到期"} | change
    assert rules.against_text(KINDS["due-soon"], titles=False, **texts).codes == codes


def test_a_text_message_may_name_books_where_it_is_allowed() -> None:
    decision = rules.against_text(
        KINDS["due-soon"], subject="x", long="x", short="{书名}", titles=True
    )
    assert decision.allowed


def test_several_notices_of_a_kind_are_one_text() -> None:
    facts = [
        Fact("三体", date(2020, 6, 13), "东区分馆"),
        Fact("红楼梦", date(2020, 6, 12), "总馆"),
    ]
    values = rules.values(facts, reader="李*", library="源城区图书馆")
    text = "{读者} {册数} {最早日期} {馆点}\n{书单}\n{书名}{没有}"
    assert rules.filled(text, values) == (
        "李* 2 6月12日 东区分馆、总馆\n《红楼梦》 6月12日\n《三体》 6月13日\n《红楼梦》、《三体》"
    )


def test_a_long_list_is_cut() -> None:
    facts = [Fact(f"书{n:02}", date(2020, 6, 12)) for n in range(25)]
    lines = rules.values(facts, reader="", library="馆")["书单"].splitlines()
    assert len(lines) == 21
    assert lines[-1] == "……等共 25 册"


@pytest.mark.parametrize(
    ("at", "begins", "ends", "until"),
    [
        ("20:59", 21, 8, None),
        ("21:00", 21, 8, "2020-06-11 08:00"),
        ("23:59", 21, 8, "2020-06-11 08:00"),
        ("07:59", 21, 8, "2020-06-10 08:00"),
        ("08:00", 21, 8, None),
        ("13:00", 12, 14, "2020-06-10 14:00"),
        ("14:00", 12, 14, None),
        ("03:00", 8, 8, None),
        ("22:00", 21, 0, "2020-06-11 00:00"),
    ],
)
def test_x9_quiet_hours(at: str, begins: int, ends: int, until: str | None) -> None:
    expected = moment(*until.split()) if until else None
    assert rules.quiet(moment("2020-06-10", at), begins, ends) == expected


MAIL = Reachable("email", True, True)
SMS = Reachable("sms", None, True)
CHAT = Reachable("wechat", True, True)
ALL = ("wechat", "email", "sms")


@pytest.mark.parametrize(
    ("channels", "tried", "usual", "configured", "needed", "chosen"),
    [
        ((SMS, MAIL, CHAT), (), (), ALL, False, "wechat"),
        ((SMS, MAIL, CHAT), ("wechat",), (), ALL, False, "email"),
        ((SMS, MAIL, CHAT), ("wechat", "email"), (), ALL, False, None),  # said nothing of sms
        ((SMS, MAIL, CHAT), ("wechat", "email"), ("sms",), ALL, False, "sms"),
        ((SMS,), (), (), ALL, True, "sms"),  # what must be told
        ((Reachable("sms", False, True),), (), ("sms",), ALL, True, None),  # refused it
        ((SMS,), (), ("sms",), ("email",), False, None),  # no gateway
        ((Reachable("sms", True, False),), (), (), ALL, False, None),  # no number
        ((Reachable("sms", True, True, failing=True),), (), (), ALL, False, None),
        ((MAIL, SMS), (), ("sms",), ("sms",), False, "sms"),
        ((), (), ALL, ALL, True, None),
    ],
)
def test_v1_which_channel_is_next(
    channels: tuple[Reachable, ...],
    tried: tuple[str, ...],
    usual: tuple[str, ...],
    configured: tuple[str, ...],
    needed: bool,
    chosen: str | None,
) -> None:
    found = rules.next_channel(
        channels, tried=tried, usual=usual, configured=configured, needed=needed
    )
    assert found == chosen


def test_v1_retries_back_off_and_end() -> None:
    at = datetime.fromisoformat("2020-06-10T10:00+08:00")
    waits = [rules.next_try(n, at) for n in range(1, 6)]
    assert [w - at if w else None for w in waits] == [
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=6),
        None,
    ]


@pytest.mark.parametrize(
    ("text", "steps"),
    [("1,7,30", (1, 7, 30)), ("30， 7、1", (1, 7, 30)), ("x,0,-3,999", ()), ("", ())],
)
def test_steps_of_overdue_notices(text: str, steps: tuple[int, ...]) -> None:
    assert rules.steps(text) == steps


@pytest.mark.parametrize(("days", "reached"), [(0, 0), (1, 1), (6, 1), (7, 7), (400, 30)])
def test_the_step_a_loan_has_reached(days: int, reached: int) -> None:
    assert rules.step(days, (1, 7, 30)) == reached


def test_channels_of_a_setting() -> None:
    assert rules.channels_named("sms，email, pigeon") == ("email", "sms")
