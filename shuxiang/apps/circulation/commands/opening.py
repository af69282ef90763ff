"""Opening a library: places, week, categories, roles and the shipped loan rules, from one plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, time

from shuxiang.apps.circulation.commands.loan_rules import add_rule
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.stock.commands import categories as stock
from shuxiang.kernel.context import Context

Hours = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLocation:
    code: str
    name: str
    for_children: bool = False
    open_stack: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPlace:
    """A place and what stands in it; ``hours`` by weekday name (mon … sun), absent: as above it."""

    kind: str
    code: str
    name: str
    parent: str | None = None
    own_barcodes: bool = False
    address: str = ""
    phone: str = ""
    opened_on: date | None = None
    locations: tuple[PlannedLocation, ...] = ()
    hours: dict[str, Hours] = field(default_factory=dict)
    settings: dict[str, int | str | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAccount:
    username: str
    name: str
    role: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRule:
    """A loan rule at a place's code; the fields left out are `add_rule`'s own."""

    place: str
    loan_limit: int
    loan_days: int
    reader_category: str = "*"
    item_category: str = "*"
    valid_from: date | None = None
    valid_to: date | None = None
    renewal_limit: int = 1
    renewal_days: int = 30
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A library to open. ``opened_on`` is the first day its calendar and rules are in force."""

    opened_on: date
    places: tuple[PlannedPlace, ...]
    accounts: tuple[PlannedAccount, ...] = ()
    rules: tuple[PlannedRule, ...] = ()
    holidays_until: int | None = None


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# 周一闭馆
USUAL_HOURS: dict[str, Hours] = dict.fromkeys(WEEKDAYS[1:], (("09:00", "17:30"),))


def usual_plan(name: str, code: str, opened_on: date) -> Plan:
    """A main library alone, closed on Mondays, with the shipped rules and one administrator."""
    return Plan(
        opened_on=opened_on,
        places=(
            PlannedPlace(
                kind="main_library",
                code=code,
                name=name,
                hours=USUAL_HOURS,
                locations=(PlannedLocation(code="stacks", name="普通书库"),),
            ),
        ),
        accounts=(PlannedAccount(username="admin", name="系统管理员", role="admin", place=code),),
        rules=shipped_rules(code),
    )


def shipped_rules(code: str) -> tuple[PlannedRule, ...]:
    """成人 5 册 30 天续借 1 次, 少儿 3 册, 集体 300 册 90 天; 逾期不可续借 for all."""
    return (
        PlannedRule(place=code, loan_limit=5, loan_days=30),
        PlannedRule(place=code, reader_category="child", loan_limit=3, loan_days=30),
        PlannedRule(place=code, reader_category="staff", loan_limit=10, loan_days=60),
        PlannedRule(place=code, reader_category="temporary", loan_limit=2, loan_days=15),
        PlannedRule(place=code, reader_category="group", loan_limit=300, loan_days=90),
    )


def at(place: str, ctx: Context) -> Context:
    """The same circumstances at a place."""
    return replace(ctx, service_point=place)


def open_library(plan: Plan, *, passwords: dict[str, str], ctx: Context) -> dict[str, str]:
    """Make everything of a plan; returns the places' ids by code. ``passwords`` by user name, already
    acceptable; every account must change it at first login. The acts commit one by one: call inside
    `bulk` for all or nothing."""
    ids: dict[str, str] = {}

    def key(text: str) -> Context:
        return ctx.with_key(text)

    for planned in plan.places:
        ids[planned.code] = places.add_place(
            kind=planned.kind,
            code=planned.code,
            name=planned.name,
            parent=ids[planned.parent] if planned.parent else None,
            own_barcodes=planned.own_barcodes,
            address=planned.address,
            phone=planned.phone,
            opened_on=planned.opened_on or plan.opened_on,
            ctx=key(f"place.{planned.code}"),
        )
        _furnish(planned, ids[planned.code], plan.opened_on, key(f"in.{planned.code}"))
    places.seed_holidays(
        first_year=plan.opened_on.year,
        last_year=plan.holidays_until or plan.opened_on.year + 10,
        ctx=key("holidays"),
    )
    staff.seed_roles(ctx=key("roles"))
    patrons.seed_categories(ctx=key("reader-categories"))
    stock.seed_categories(ctx=key("item-categories"))
    for account in plan.accounts:
        id_ = staff.add_account(
            username=account.username,
            name=account.name,
            home=ids[account.place],
            password_hash=staff.hashed(passwords[account.username], username=account.username),
            ctx=key(f"account.{account.username}"),
        )
        staff.grant(
            account=id_,
            role=account.role,
            place=ids[account.place],
            ctx=key(f"grant.{account.username}"),
        )
    for number, rule in enumerate(plan.rules):
        add_rule(
            place=ids[rule.place],
            reader_category=rule.reader_category,
            item_category=rule.item_category,
            valid_from=rule.valid_from or plan.opened_on,
            valid_to=rule.valid_to,
            loan_limit=rule.loan_limit,
            loan_days=rule.loan_days,
            renewal_limit=rule.renewal_limit,
            renewal_days=rule.renewal_days,
            note=rule.note,
            ctx=key(f"rule.{number}"),
        )
    return ids


def _furnish(planned: PlannedPlace, place: str, opened_on: date, ctx: Context) -> None:
    for location in planned.locations:
        places.add_location(
            place=place,
            code=location.code,
            name=location.name,
            open_stack=location.open_stack,
            for_children=location.for_children,
            ctx=ctx.with_key(f"location.{location.code}"),
        )
    for name, value in planned.settings.items():
        places.set_setting(place=place, key=name, value=value, ctx=ctx.with_key(f"set.{name}"))
    if planned.hours:
        places.set_week(
            place=place,
            hours={
                WEEKDAYS.index(day): [
                    (time.fromisoformat(opens), time.fromisoformat(closes))
                    for opens, closes in periods
                ]
                for day, periods in planned.hours.items()
            },
            valid_from=opened_on,
            ctx=ctx.with_key("week"),
        )
