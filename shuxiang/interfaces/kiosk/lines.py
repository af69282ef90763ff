"""What became of each book, as the screen shows it, and how the page carries it along.

Nothing of a reader's visit is kept at the server or in the browser: the page itself holds it, signed,
and it is gone with the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from django.core import signing

from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.kiosk import words
from shuxiang.kernel.decision import Decision, Reason
from shuxiang.kernel.values import mask_number

SALT = "shuxiang.kiosk.visit"
LONGEST = 15 * 60
SHOWN = 4
"""Lines on one screen: nothing scrolls."""


@dataclass(frozen=True, slots=True)
class Line:
    """One book. ``kind``: ok, notice (done, and something is to be minded) or refused."""

    kind: str
    word: str
    title: str
    barcode: str
    said: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """What happened since the reader came: lines, newest first, and scans in a row that failed.
    ``why`` is the last fault in words."""

    lines: tuple[Line, ...] = ()
    bad: int = 0
    why: str = ""
    latest: int = 0

    def token(self) -> str:
        return signing.dumps(asdict(self), salt=SALT, compress=True)

    def adding(self, lines: Iterable[Line]) -> Visit:
        """With further lines; one that went well ends the row of failures."""
        new = tuple(lines)
        refused = [line for line in new if line.kind == "refused"]
        bad = 0 if len(refused) < len(new) else self.bad + 1
        why = refused[0].said if refused else ""
        return replace(self, lines=(*new, *self.lines), bad=bad, why=why, latest=len(new))

    def failed(self, why: str) -> Visit:
        """One more scan that led to nothing."""
        return replace(self, bad=self.bad + 1, why=why, latest=0)

    @property
    def done(self) -> int:
        return sum(line.kind != "refused" for line in self.lines)

    @property
    def refused(self) -> int:
        return sum(line.kind == "refused" for line in self.lines)

    @property
    def sound(self) -> str:
        kinds = {line.kind for line in self.lines[: self.latest]}
        return next((k for k in ("refused", "notice", "ok") if k in kinds), "")


def visit(token: str) -> Visit:
    """The visit a page carries; a new one where it carries none, or one that is not ours."""
    if not token:
        return Visit()
    try:
        held: dict[str, Any] = signing.loads(token, salt=SALT, max_age=LONGEST)
    except signing.BadSignature:
        return Visit()
    return Visit(tuple(Line(**line) for line in held.pop("lines")), **held)


def lent(title: str, barcode: str, due_on: date, tells: Iterable[Reason], word: str) -> Line:
    said = words.told(tells)
    due = local_date(due_on)
    return Line("notice" if said else "ok", word, title, barcode, said, due)


def returned(title: str, barcode: str, tells: Iterable[Reason], word: str) -> Line:
    said = words.told(tells)
    return Line("notice" if said else "ok", word, title, barcode, said)


def refused(decision: Decision, barcode: str, word: str, title: str = "") -> Line:
    shown = mask_number(barcode) if "scan-is-card" in decision.codes else barcode
    return Line("refused", word, title, shown, words.refused(decision))
