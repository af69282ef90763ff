"""What waits for a reader becomes one telling: in the inbox, and by one channel that reaches out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.notices import models, queries, rules
from shuxiang.apps.notices.channels import configured
from shuxiang.apps.notices.kinds import KINDS
from shuxiang.apps.notices.rules import INBOX
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import mask_name
from shuxiang.runtime.commands import command, require

ASSEMBLE = "notices.assemble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """How many readers were told, and how many notices had no point any more."""

    told: int
    dropped: int


@command("notices.assemble")
def assemble(*, patrons: tuple[str, ...], ctx: Context) -> Assembled:
    """Tell these readers what waits for them: everything of a reader in one telling. Not in their
    site's quiet hours; what is not urgent waits until tomorrow for who was told something today."""
    require(ctx, ASSEMBLE, ctx.service_point)
    told = dropped = 0
    for patron in sorted(set(patrons)):
        done = _assemble(patron, ctx)
        told += bool(done.told)
        dropped += done.dropped
    return Assembled(told=told, dropped=dropped)


def _assemble(patron: str, ctx: Context) -> Assembled:
    today = clock.business_date(ctx.occurred_at)
    rows = list(
        models.Notice.objects.select_for_update()
        .filter(patron=patron, state="waiting", not_before__lte=ctx.occurred_at)
        .order_by("made_at", "id")
    )
    reach = patrons.reach(patron, today)
    if reach is None or reach.closed:
        _drop(rows, "account-closed")
        return Assembled(told=0, dropped=len(rows))
    quiet = queries.quiet_until(reach.home, ctx.occurred_at)
    if quiet is not None:
        # The reader's own site sleeps longer than the one it is about.
        models.Notice.objects.filter(id__in=[row.id for row in rows]).update(not_before=quiet)
        return Assembled(told=0, dropped=0)
    unwanted = set(models.OptOut.objects.filter(patron=patron).values_list("kind", flat=True))
    pointless = [row for row in rows if not _still(row)]
    refused = [
        row
        for row in rows
        if row not in pointless and row.kind in unwanted and not KINDS[row.kind].needed
    ]
    _drop(pointless, "overtaken")
    _drop(refused, "not-wanted")
    left = [row for row in rows if row not in pointless and row not in refused]
    dropped = len(rows) - len(left)
    today_told = models.Telling.objects.filter(patron=patron, day=today)
    already = today_told.exclude(kinds=rules.CONFIRM).exists()
    if not left or (already and not any(KINDS[row.kind].urgent for row in left)):
        return Assembled(told=0, dropped=dropped)
    _tell(left, reach, ctx.occurred_at, today)
    return Assembled(told=1, dropped=dropped)


def _drop(rows: Sequence[models.Notice], why: str) -> None:
    ids = [row.id for row in rows]
    models.Notice.objects.filter(id__in=ids).update(state="dropped", dropped=why)


def _loan_stands(row: models.Notice) -> bool:
    """Still out, and due the day the notice is about: neither returned nor renewed meanwhile."""
    loan = circulation.loan(row.subject) if row.subject else None
    due = row.facts.get("day")
    return loan is not None and loan.returned_at is None and loan.due_on.isoformat() == due


def _hold_in(state: str) -> Callable[[models.Notice], bool]:
    """Still so: a hold that was filled, moved on or given up meanwhile is not told of."""

    def stands(row: models.Notice) -> bool:
        hold = circulation.hold(row.subject) if row.subject else None
        return hold is None or hold.state == state

    return stands


def _booked(row: models.Notice) -> bool:
    """Still booked for that time."""
    one = circulation.pickup(row.subject) if row.subject else None
    return one is not None and one.ended_at is None and one.slot.id == row.facts.get("id")


def _called_off(row: models.Notice) -> bool:
    one = circulation.pickup(row.subject) if row.subject else None
    return one is not None and one.ended_at is not None


_STANDS: dict[str, Callable[[models.Notice], bool]] = {
    "due-soon": _loan_stands,
    "overdue": _loan_stands,
    "hold-ready": _hold_in("ready"),
    "hold-moving": _hold_in("coming"),
    "pickup-moved": _booked,
    "pickup-cancelled": _called_off,
}


def _still(row: models.Notice) -> bool:
    return _STANDS[row.kind](row) if row.kind in _STANDS else True


def _tell(rows: Sequence[models.Notice], reach: patrons.Reach, at: datetime, today: date) -> None:
    by_kind: dict[str, list[models.Notice]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    order = [code for code in KINDS if code in by_kind]
    needed = any(KINDS[code].needed for code in order)
    telling = models.Telling.objects.create(
        id=new_id(),
        patron=reach.patron,
        place_id=reach.home,
        day=today,
        at=at,
        kinds=",".join(order),
        needed=needed,
    )
    models.Notice.objects.filter(id__in=[r.id for r in rows]).update(
        state="told", telling=telling.id
    )
    words = [written(code, by_kind[code], reach) for code in order]
    models.Message.objects.create(
        id=new_id(),
        telling=telling,
        channel=INBOX,
        subject=words[0].subject[: rules.SUBJECT_MOST],
        text="\n\n".join(w.long for w in words),
        state="sent",
        settled_at=at,
    )
    push(telling, words, at, tried=())


def push(
    telling: models.Telling, words: Sequence[rules.Words], at: datetime, *, tried: Sequence[str]
) -> str | None:
    """Queue the telling in the next channel that reaches its reader; returns it, None when there is
    none left."""
    channel = rules.next_channel(
        queries.reachable(telling.patron, clock.business_date(at)),
        tried=tried,
        usual=rules.channels_named(
            str(places.setting(telling.place_id, "notices.default_channels").value)
        ),
        configured=configured(),
        needed=telling.needed,
    )
    if channel is None:
        return None
    long = channel == rules.MAIL
    home = places.place(telling.place_id)
    text = "\n\n".join(w.long for w in words) if long else "".join(w.short for w in words)
    models.Message.objects.create(
        id=new_id(),
        telling=telling,
        channel=channel,
        subject=f"{places.place(home.library).name}：{words[0].subject}"[: rules.SUBJECT_MOST],
        text=text,
        next_try=at,
    )
    return channel


def written(code: str, rows: Sequence[models.Notice], reach: patrons.Reach) -> rules.Words:
    """The texts of one kind for one reader, their name masked."""
    kind, words = KINDS[code], queries.words(reach.library, reach.home, code)
    facts = [queries.fact(row.facts, row.place_id) for row in rows]
    values = rules.values(
        facts, reader=mask_name(reach.name), library=places.place(reach.library).name
    )
    assert set(values) >= set(kind.placeholders)
    return rules.Words(
        rules.filled(words.subject, values),
        rules.filled(words.long, values),
        rules.filled(words.short, values),
    )
