"""An offline desk as a test sees it: it writes lines down and sends them in any way one likes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation.commands import Received, journal_key
from shuxiang.apps.places import commands as places
from shuxiang.formats import journal
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.ids import new_id
from tests.support.library import Contexts, moment

SYNCED = moment("2020-06-10", "08:00")


@dataclass
class Desk:
    """An offline desk: ``wrong`` is how far its clock is ahead of the library's; ``opened`` when its page
    was opened, which then is open still."""

    id: str
    secret: str
    place: str
    wrong: timedelta = timedelta(0)
    synced: datetime = SYNCED
    offset: timedelta = timedelta(0)
    lines: list[journal.Line] = field(default_factory=list)
    opened: datetime | None = None

    def __post_init__(self) -> None:
        self.offset = -self.wrong

    def write(
        self,
        act: str,
        at: datetime,
        barcode: str,
        card: str = "",
        *,
        due: date | None = None,
        unsure: bool = False,
        key: bytes | None = None,
        undoes: str = "",
        clerk: str = "",
    ) -> journal.Line:
        """Write down an act that happens at ``at`` by the library's clock."""
        last = self.lines[-1] if self.lines else None
        text = journal.body(
            device=self.id,
            counter=last.counter + 1 if last else 1,
            prev=last.mac if last else journal.GENESIS,
            act=act,
            at=at + self.wrong,
            synced=self.synced,
            offset_ms=self.offset // timedelta(milliseconds=1),
            barcode=barcode,
            card=card,
            due=due.isoformat() if due else "",
            unsure=unsure,
            undoes=undoes,
            clerk=clerk,
            mono=self.running(at),
            run="page" if self.opened else "",
        )
        line = journal.line(text, journal.seal(key or journal_key(self.id), text))
        self.lines.append(line)
        return line

    def running(self, at: datetime) -> int:
        """Milliseconds since the page was opened, which run on however the clock is set."""
        return (at - self.opened) // timedelta(milliseconds=1) if self.opened else 0

    def document(self, now: datetime, lines: list[journal.Line] | None = None) -> journal.Document:
        return journal.Document(
            device=self.id,
            now=now + self.wrong,
            mono=self.running(now),
            run="page" if self.opened else "",
            lines=tuple(self.lines if lines is None else lines),
        )

    def context(self, now: datetime) -> Context:
        return Context(
            actor=Actor("terminal", self.id),
            channel="offline",
            service_point=self.place,
            occurred_at=now,
        )

    def send(
        self,
        now: datetime,
        lines: list[journal.Line] | None = None,
        *,
        live: bool = True,
        merge: bool = True,
    ) -> Received:
        """Send lines (all of them by default) and merge what can be merged."""
        got = commands.receive_journal(
            journal=self.document(now, lines), live=live, ctx=self.context(now)
        )
        if merge:
            commands.merge_pending(ctx=self.context(now))
        return got


def add(place: str, login: str, ctx: Contexts) -> Desk:
    """An offline desk at a place."""
    made = places.add_device(
        place=place,
        kind="offline",
        login=login,
        name=login,
        ctx=ctx(at=moment("2020-01-02", "09:00"), key=new_id()),
    )
    return Desk(made.id, made.secret, place)
