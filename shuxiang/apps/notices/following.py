"""The ledger's consumer: what happened to holds, to booked pickup times and in operating phases
becomes something to tell.

Called twice it queues once: each notice has its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from shuxiang.apps.acquisitions import queries as acquisitions
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.notices.commands import ToTell, queue
from shuxiang.apps.phases import queries as phases
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.runtime.worker import Batch

CONSUMER = "notices"
AT_ONCE = 200
NEWS = timedelta(days=3)
"""What happened longer ago is told nobody any more: a worker that starts on an old library."""

HOLDS = {
    "hold.ready": "hold-ready",
    "hold.set_aside": "hold-moving",
    "hold.expired": "hold-expired",
    "hold.cancelled": "hold-cancelled",
}
"""Event of a hold → the kind of notice."""

PICKUPS = {
    "pickup.moved": "pickup-moved",
    "pickup.shifted": "pickup-moved",
    "pickup.restored": "pickup-moved",
    "pickup.cancelled": "pickup-cancelled",
    "pickup.called_off": "pickup-cancelled",
}
"""Event of a booking → the kind of notice. Who changes a booking of their own knows."""

SUGGESTIONS = {
    "suggestion.accepted": ("您荐购的书将采购", "您荐购的《{title}》已列入采购，到馆后再通知您。"),
    "suggestion.declined": ("您荐购的书未能采购", "您荐购的《{title}》这次未能采购。{why}"),
    "suggestion.arrived": ("您荐购的书到馆了", "您荐购的《{title}》已到馆，正在编目加工。{hold}"),
}
"""Event of a suggestion → heading and text of what who asked is told."""

OVER = ("hold-expired", "hold-cancelled")


def handle(batch: Batch) -> None:
    """Queue what the batch's events are to be told as."""
    now = clock.now()
    found: list[ToTell] = []
    for _seq, event in batch.events:
        if (
            not event.type.startswith(("hold.", "phase.", "pickup.", "suggestion."))
            or now - event.occurred_at > NEWS
        ):
            continue
        if event.quantity < 0 or event.reverses is not None or event.subject is None:
            continue
        if event.type == "hold.cancelled" and event.actor_kind != "staff":
            # Who cancels a hold of their own knows.
            continue
        if event.type == "hold.cancelled" and "merged_into" in event.data:
            # Two titles became one and the reader's other hold stays.
            continue
        if event.type.startswith("pickup."):
            if event.type in PICKUPS and event.actor_kind != "patron":
                found += _pickup(event.type, event.subject, str(event.id))
        elif event.type in HOLDS:
            found += _hold(event.type, event.subject)
        elif event.type.startswith("suggestion."):
            if event.type in SUGGESTIONS:
                found += _suggestion(event.type, event.subject)
        else:
            found += _phase(event.type, event.subject)
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=now)
    for first in range(0, len(found), AT_ONCE):
        some = tuple(found[first : first + AT_ONCE])
        queue(notices=some, ctx=ctx.with_key(str(first)))


def _hold(event: str, hold_id: str) -> Iterator[ToTell]:
    hold = circulation.hold(hold_id)
    if hold is None or not hold.patron:
        return
    kind = HOLDS[event]
    if kind not in OVER and hold.ended_at is not None:
        # Over already: the worker is behind, or it was filled at once.
        return
    facts = {"title": hold.title_text}
    if kind == "hold-ready":
        if hold.ready_until is None:
            return
        facts["day"] = hold.ready_until.isoformat()
    yield ToTell(
        key=f"{kind}:{hold.id}:{hold.item}:{facts.get('day', '')}",
        kind=kind,
        patron=hold.patron,
        place=hold.pickup,
        subject=hold.id,
        facts=facts,
    )


def _pickup(event: str, pickup_id: str, event_id: str) -> Iterator[ToTell]:
    one = circulation.pickup(pickup_id)
    kind = PICKUPS[event]
    if one is None or not one.patron or (kind == "pickup-moved") != (one.ended_at is None):
        # Changed again since: that is told instead.
        return
    slot = one.slot
    yield ToTell(
        key=f"{kind}:{one.id}:{event_id}",
        kind=kind,
        patron=one.patron,
        place=slot.place,
        subject=one.id,
        facts={
            "slot": f"{slot.day.month}月{slot.day.day}日 {slot.starts:%H:%M}–{slot.ends:%H:%M}",
            "id": slot.id,
        },
    )


def _suggestion(event: str, suggestion_id: str) -> Iterator[ToTell]:
    """Everybody who asked for it gets the answer."""
    found = acquisitions.suggestion(suggestion_id)
    if found is None:
        return
    heading, body = SUGGESTIONS[event]
    why = f"答复：{found.why}" if found.why else ""
    for asker in acquisitions.askers(suggestion_id):
        hold = "已按您的意愿登记预约，可取时再通知您。" if asker.hold else ""
        yield ToTell(
            key=f"{event}:{suggestion_id}:{asker.patron}",
            kind="suggestion",
            patron=asker.patron,
            place=asker.pickup,
            subject=suggestion_id,
            facts={
                "heading": heading,
                "body": body.format(title=found.title_text, why=why, hold=hold),
            },
        )


def _phase(event: str, phase_id: str) -> Iterator[ToTell]:
    """The readers whom `phases.told` names."""
    phase = places.phase(phase_id)
    readers = phases.told(phase) if phase else ()
    if phase is None or not readers:
        return
    if event == "phase.reverted":
        if phase.live:
            return
        heading, body = (
            f"{phase.name}：已取消",
            f"原定{_days(phase)}的“{phase.name}”已取消或提前结束。",
        )
    elif event in ("phase.applied", "phase.extended", "phase.shortened"):
        if not phase.live:
            return
        heading, body = phase.name, phase.notice.strip() or _closed(phase)
    else:
        return
    until = phase.last_day.isoformat() if phase.last_day else ""
    for patron in readers:
        yield ToTell(
            key=f"{event}:{phase.id}:{until}:{patron}",
            kind="closure",
            patron=patron,
            place=phase.place,
            subject=phase.id,
            facts={"heading": heading, "body": body},
        )


def _days(phase: places.Phase) -> str:
    first = f"{phase.first_day.month}月{phase.first_day.day}日"
    if phase.last_day is None:
        return f"{first}起"
    return f"{first}至{phase.last_day.month}月{phase.last_day.day}日"


def _closed(phase: places.Phase) -> str:
    why = f"因{phase.reason}，" if phase.reason else ""
    site = places.place(phase.place).name
    moved = "在借图书的应还日期已顺延，不计逾期。" if phase.due_mode != "none" else ""
    end = "，恢复开放的日期另行通知" if phase.until_notice else ""
    return f"{why}{site}{_days(phase)}闭馆{end}。{moved}"
