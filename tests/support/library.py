"""The library most tests play in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time

from shuxiang.apps.places import commands as places
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.staff.roles import SHIPPED
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Actor, Context, Override

PASSWORD = "Test-1234"
OPENED = date(2019, 1, 1)
NINE_TO_FIVE = [(time(9), time(17))]


@dataclass(frozen=True, slots=True)
class Library:
    """Ids of the test library: a network, its main library, two branches, one service point.

    Everywhere closed on Mondays and open 9–17 otherwise since 2019; the holidays of 2020 are known.
    ``staff`` maps each shipped role to an account of that name, granted at the main library
    (``branch``: at the east branch) with the password ``Test-1234``.
    """

    network: str
    main: str
    east: str
    west: str
    point: str
    staff: dict[str, str] = field(default_factory=dict)


def moment(day: str | date, at: str | time = "10:00") -> datetime:
    """The aware UTC moment of a local day and time: ``moment("2020-06-10", "15:30")``."""
    if isinstance(day, str):
        day = date.fromisoformat(day)
    return clock.at_local(day, time.fromisoformat(at) if isinstance(at, str) else at)


def build() -> Library:
    """Make the library through the real commands, at the beginning of 2020."""

    def ctx(place: str = "") -> Context:
        return Context(
            actor=SYSTEM, channel="cli", service_point=place, occurred_at=moment("2020-01-01")
        )

    network = places.add_place(kind="network", code="net", name="书香市", ctx=ctx())
    main = places.add_place(
        kind="main_library", code="main", name="总馆", parent=network, opened_on=OPENED, ctx=ctx()
    )
    east = places.add_place(kind="branch", code="east", name="东区分馆", parent=main, ctx=ctx())
    west = places.add_place(kind="branch", code="west", name="西区分馆", parent=main, ctx=ctx())
    point = places.add_place(
        kind="service_point", code="point", name="漂流书屋", parent=east, ctx=ctx()
    )
    places.set_week(
        place=main,
        hours=dict.fromkeys(range(1, 7), NINE_TO_FIVE),
        valid_from=OPENED,
        include_branches=True,
        ctx=Context(
            actor=SYSTEM, channel="cli", service_point=main, occurred_at=moment("2018-12-01")
        ),
    )
    places.seed_holidays(first_year=2020, last_year=2020, ctx=ctx(main))
    staff.seed_roles(ctx=ctx(main))
    accounts = {}
    for role in SHIPPED:
        home = east if role == "branch" else main
        accounts[role] = staff.add_account(
            username=role,
            name=SHIPPED[role][0],
            home=home,
            password_hash=staff.hashed(PASSWORD, username=role),
            must_change=False,
            ctx=ctx(main),
        )
        staff.grant(account=accounts[role], role=role, place=home, ctx=ctx(main))
    return Library(network, main, east, west, point, accounts)


@dataclass(frozen=True, slots=True)
class Contexts:
    """Makes contexts: ``ctx()``, ``ctx("desk")``, ``ctx(actor="desk", place=library.east)``."""

    library: Library

    def __call__(
        self,
        actor: str | Actor = SYSTEM,
        *,
        place: str = "",
        channel: str = "desk",
        at: datetime | None = None,
        key: str = "",
        overrides: tuple[Override, ...] = (),
    ) -> Context:
        """``actor`` is an Actor or the role of a test account; ``place`` the main library unless
        given; ``at`` 10:00 on Wednesday 2020-06-10 unless given; ``key`` new unless given."""
        if isinstance(actor, str):
            actor = Actor("staff", self.library.staff[actor])
        return Context(
            actor=actor,
            channel=channel,
            service_point=place or self.library.main,
            occurred_at=at or moment("2020-06-10"),
            request_key=key,
            overrides=overrides,
        )
