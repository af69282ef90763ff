"""The fictional library of the demo: 澄榆区图书馆, its branches, calendar, rules and accounts.

No such district exists; every name, address and telephone number is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from shuxiang.apps.circulation.commands import add_rule
from shuxiang.apps.circulation.commands.opening import (
    WEEKDAYS,
    Hours,
    Plan,
    PlannedLocation,
    PlannedPlace,
    PlannedRule,
    open_library,
    shipped_rules,
)
from shuxiang.apps.places import commands as places
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.staff import queries as staff_queries
from shuxiang.demo.sites import (
    BRANCHES,
    CLOSED_FROM,
    LIMITED_UNTIL,
    MAIN,
    MORE_FROM,
    OPENED,
    POINTS,
    REOPENED,
)
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context

NAME = "澄榆区图书馆"
PASSWORD = "Chengyu-2020"

_NEW_YEARS_DAYS = (
    date(2021, 2, 12),
    date(2022, 2, 1),
    date(2023, 1, 22),
    date(2024, 2, 10),
    date(2025, 1, 29),
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
)
"""正月初一, from the published calendar."""

_DAY: Hours = (("09:00", "17:30"),)
_LONG: Hours = (("09:00", "20:30"),)


def _week(days: str, hours: Hours) -> dict[str, Hours]:
    return dict.fromkeys(days.split(), hours)


_NO_MONDAY = " ".join(WEEKDAYS[1:])
_LOCATIONS = (
    PlannedLocation(code="stacks", name="普通书库"),
    PlannedLocation(code="children", name="少儿阅览区", for_children=True),
)


def _places() -> tuple[PlannedPlace, ...]:
    def branch(code: str, name: str, address: str, hours: dict[str, Hours]) -> PlannedPlace:
        return PlannedPlace(
            kind="branch",
            code=code,
            name=name,
            parent=MAIN,
            address=address,
            locations=_LOCATIONS,
            hours=hours,
        )

    return (
        PlannedPlace(
            kind="main_library",
            code=MAIN,
            name=NAME,
            address="澄榆区临榆大道 100 号",
            phone="0000-1234567",
            locations=(
                *_LOCATIONS,
                PlannedLocation(code="local", name="地方文献", open_stack=False),
                PlannedLocation(code="reading", name="阅览室"),
            ),
            hours=_week("tue wed thu sun", _DAY) | _week("fri sat", _LONG),
            settings={
                "privacy.history_days": 0,
                "cards.number_prefix": "80",
                "items.barcode_length": 8,
                # Past the 31 to 37 that the books of the sites begin with.
                "items.barcode_prefix": "39",
                "items.barcode_digits": 6,
            },
        ),
        branch("xinghua", "杏花里街道分馆", "澄榆区杏花里 18 号", _week(_NO_MONDAY, _DAY)),
        branch("zhenxi", "枕溪镇分馆", "澄榆区枕溪镇书院路 6 号", _week(_NO_MONDAY, _DAY)),
        branch(
            "liaowan",
            "蓼湾镇分馆",
            "澄榆区蓼湾镇渡口街 22 号",
            # 周二闭馆: market day in the town is Monday.
            _week("mon wed thu fri sat sun", (("10:00", "12:30"), ("14:00", "19:00"))),
        ),
        branch("wangzhi", "望栀街道分馆", "澄榆区望栀路 51 号", _week(_NO_MONDAY, _DAY)),
        PlannedPlace(
            kind="service_point",
            code="tongyin",
            name="桐荫漂流小书屋",
            parent="xinghua",
            address="澄榆区桐荫公园东门",
            hours=_week("wed thu fri sat sun", (("14:00", "20:00"),)),
            # Nobody keeps a shelf of reservations there.
            settings={"holds.pickup": False},
        ),
        PlannedPlace(
            kind="service_point",
            code="station",
            name="客运站自助图书馆",
            parent=MAIN,
            address="澄榆区客运总站候车厅",
            hours=_week(" ".join(WEEKDAYS), (("07:00", "22:00"),)),
        ),
    )


@dataclass(frozen=True, slots=True)
class DemoAccount:
    username: str
    name: str
    role: str
    place: str


ACCOUNTS = (
    DemoAccount("admin", "系统管理员", "admin", MAIN),
    DemoAccount("auditor", "审计员", "auditor", MAIN),
    DemoAccount("guanzhang", "温予安", "director", MAIN),
    DemoAccount("desk1", "简素", "desk", MAIN),
    DemoAccount("desk2", "卓然", "desk", MAIN),
    DemoAccount("bianmu", "闻笛", "cataloguer", MAIN),
    # A withdrawal takes three persons: one proposes, another reviews, the director approves.
    DemoAccount("bianmu2", "周砚", "cataloguer", MAIN),
    DemoAccount("caifang", "林岫", "acquisitions", MAIN),
    DemoAccount("xinghua", "杏花里分馆管理员", "branch", "xinghua"),
    DemoAccount("zhenxi", "枕溪分馆管理员", "branch", "zhenxi"),
    DemoAccount("liaowan", "蓼湾分馆管理员", "branch", "liaowan"),
    DemoAccount("wangzhi", "望栀分馆管理员", "branch", "wangzhi"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """Ids of what was opened: places by code, accounts by user name."""

    places: dict[str, str]
    accounts: dict[str, str]


def open_demo(now_date: date) -> Opened:
    """Open the library with its calendar, rules and accounts. ``now_date`` is today: accounts are
    made today, so that their passwords are not past their age."""
    opening = _at(OPENED)
    plan = Plan(
        opened_on=OPENED,
        places=_places(),
        rules=(
            *shipped_rules(MAIN),
            PlannedRule(place="tongyin", loan_limit=3, loan_days=30, note="漂流小书屋限借 3 册"),
        ),
        holidays_until=now_date.year + 1,
    )
    ids = open_library(plan, passwords={}, ctx=opening)
    for category, limit in (("*", 8), ("child", 5)):
        add_rule(
            place=ids[MAIN],
            reader_category=category,
            valid_from=MORE_FROM,
            loan_limit=limit,
            loan_days=45,
            renewal_days=30,
            note="增加册次、延长借期",
            ctx=_at(MORE_FROM - timedelta(days=7), ids[MAIN], f"rule.{category}"),
        )
    for number, day in enumerate(named_days(now_date)):
        places.set_day(
            place=ids[day.place],
            day=day.day,
            open=day.open,
            opens=day.opens,
            closes=day.closes,
            reason=day.reason,
            include_branches=day.include_branches,
            ctx=_at(OPENED, ids[MAIN], f"day.{number}"),
        )
    return Opened(ids, _accounts(ids, now_date))


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDay:
    """A day on which a place departs from its week."""

    place: str
    day: date
    open: bool
    reason: str
    opens: time | None = None
    closes: time | None = None
    include_branches: bool = False


def named_days(today: date) -> Iterator[NamedDay]:
    """The days of 2020 without a library, the limited weeks after them, and 春节 of later years."""
    for day in _days(CLOSED_FROM, REOPENED[MAIN]):
        reason = "春节闭馆" if day < date(2020, 1, 31) else "疫情防控闭馆"
        yield NamedDay(place=MAIN, day=day, open=False, reason=reason, include_branches=True)
    for code in (*BRANCHES, *POINTS):
        for day in _days(REOPENED[MAIN], REOPENED[code]):
            yield NamedDay(place=code, day=day, open=False, reason="疫情防控闭馆")
    for day in _days(REOPENED[MAIN], LIMITED_UNTIL + timedelta(days=1)):
        if day.weekday():
            yield NamedDay(
                place=MAIN,
                day=day,
                open=True,
                reason="有序开放",
                opens=time(10),
                closes=time(16),
            )
    for first in _NEW_YEARS_DAYS:
        if first.year <= today.year + 1:
            for day in (first - timedelta(days=1), first):
                yield NamedDay(
                    place=MAIN, day=day, open=False, reason="春节闭馆", include_branches=True
                )


def _days(first: date, after: date) -> Iterator[date]:
    day = first
    while day < after:
        yield day
        day += timedelta(days=1)


def _at(day: date, place: str = "", key: str = "opening") -> Context:
    return Context(
        actor=SYSTEM,
        channel="cli",
        service_point=place,
        occurred_at=clock.at_local(day, time(8)),
        request_key=f"demo.{key}",
    )


def _accounts(ids: dict[str, str], today: date) -> dict[str, str]:
    accounts = {}
    # A strong hash takes its time, and this password is printed on the screen anyway.
    password_hash = staff.hashed(PASSWORD, username="")
    for planned in ACCOUNTS:
        accounts[planned.username] = staff.add_account(
            username=planned.username,
            name=planned.name,
            home=ids[planned.place],
            password_hash=password_hash,
            must_change=False,
            ctx=_at(today, ids[MAIN], f"account.{planned.username}"),
        )
        staff.grant(
            account=accounts[planned.username],
            role=planned.role,
            place=ids[planned.place],
            ctx=_at(today, ids[MAIN], f"grant.{planned.username}"),
        )
    return accounts


def accounts_text(accounts: dict[str, str], cards: Iterable[str]) -> str:
    """What a person trying the demo needs to know, for `demo-accounts.txt` and the terminal."""
    lines = [f"{NAME}（演示）", f"工作人员（密码都是 {PASSWORD}）："]
    for username, account in accounts.items():
        for grant in staff_queries.grants(account):
            lines.append(f"  {username:<10} {grant.role_name}，{grant.place_name}")
    lines += ["读者（证号和密码登录门户，证号在流通台扫描或输入）：", *cards, ""]
    return "\n".join(lines)
