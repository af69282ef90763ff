"""A letter to many readers: of a closure, or what the law has a library tell."""

from __future__ import annotations

from shuxiang.apps.notices import queries, rules
from shuxiang.apps.notices.commands.queueing import MANAGE, ToTell, put
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import command, require

AT_ONCE = 200
KINDS = ("closure", "by-law")


def write_letter(
    *, place: str, audience: str, kind: str, heading: str, body: str, ctx: Context
) -> int:
    """Queue a letter for everybody of an audience at a place and below it, some at a time; returns to
    how many. Sent again under the same request key it reaches nobody twice. Raises Refused."""
    readers = queries.audience(place, audience)
    letter = ctx.request_key[-32:]
    heading, body = " ".join(heading.split()), body.replace("\r\n", "\n").strip()
    told = 0
    for first in range(0, max(len(readers), 1), AT_ONCE):
        told += queue_letter(
            letter=letter,
            place=place,
            kind=kind,
            heading=heading,
            body=body,
            readers=readers[first : first + AT_ONCE],
            ctx=ctx.with_key(str(first)),
        )
    return told


@command("notices.queue_letter")
def queue_letter(
    *,
    letter: str,
    place: str,
    kind: str,
    heading: str,
    body: str,
    readers: tuple[str, ...],
    ctx: Context,
) -> int:
    """Queue a letter for some of its readers."""
    if place not in {p.id for p in places.all_places()}:
        raise refuse(stop("place-unknown"))
    require(ctx, MANAGE, place)
    reasons = []
    if kind not in KINDS:
        reasons.append(stop("notice-kind-unknown", kind=kind))
    for name, text, most in (
        ("heading", heading, rules.SUBJECT_MOST),
        ("body", body, rules.LONG_MOST),
    ):
        if not text:
            reasons.append(stop("template-text-missing", field=name))
        if len(text) > most:
            reasons.append(stop("text-too-long", field=name, most=most))
    if not readers:
        reasons.append(stop("letter-to-nobody", field="audience"))
    if reasons:
        raise refuse(*reasons)
    return put(
        tuple(
            ToTell(
                key=f"{kind}:{letter}:{patron}",
                kind=kind,
                patron=patron,
                place=place,
                facts={"heading": heading, "body": body},
            )
            for patron in readers
        ),
        ctx,
    )
