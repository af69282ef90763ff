"""What became of each book, as the screen shows it, and how the page carries it along.

Nothing of a reader's visit is kept at the server or in the browser: the page itself holds it, signed,
and it is gone with the page.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
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
SHOWN = 3
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
class Page:
    """Lines that fit on a screen: the ``at``-th of ``last``."""

    lines: tuple[Line, ...]
    at: int
    last: int

    @property
    def before(self) -> int:
        return self.at - 1

    @property
    def after(self) -> int:
        return self.at + 1 if self.at < self.last else 0


@dataclass(frozen=True, slots=True)
class Visit:
    """What happened since the reader came: lines, newest first, and scans in a row that failed.
    ``why`` is the last fault in words, ``latest`` how many lines are new on this screen, ``known`` the
    labels on the pad that were handled already."""

    lines: tuple[Line, ...] = ()
    bad: int = 0
    why: str = ""
    latest: int = 0
    known: tuple[str, ...] = ()

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

    def noting(self, barcodes: Collection[str], said: str) -> Visit:
        """With something to be minded about the newest lines of some books."""
        noted = tuple(
            replace(line, kind="notice", said=f"{line.said} {said}".strip())
            if line.barcode in barcodes and line.kind != "refused" and n < self.latest
            else line
            for n, line in enumerate(self.lines)
        )
        return replace(self, lines=noted)

    def page(self, number: str) -> Page:
        """One screen of lines."""
        last = max(-(-len(self.lines) // SHOWN), 1)
        at = min(max(int(number) if number.isdecimal() else 1, 1), last)
        return Page(self.lines[(at - 1) * SHOWN : at * SHOWN], at, last)

    @property
    def known_json(self) -> str:
        return json.dumps(self.known)

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
    known = tuple(held.pop("known"))
    return Visit(tuple(Line(**line) for line in held.pop("lines")), known=known, **held)


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
