"""Answers of the desk: every outcome of a scan in large words, one line, and one row of the log."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common import scanbox
from shuxiang.interfaces.common.library import library_name
from shuxiang.interfaces.common.wording import say
from shuxiang.interfaces.desk.items import STATES
from shuxiang.interfaces.desk.reader import Held
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Decision, Reason, Severity
from shuxiang.kernel.values import mask_name, scanned

MODES = (
    *scanbox.MODES,
    scanbox.Mode("inhouse", gettext_lazy("Read in house"), "", "notebook"),
    scanbox.Mode("item", gettext_lazy("Look up a book"), "F1", "search"),
)

Kind = scanbox.Kind

WORDS = {
    "checkout": gettext_lazy("Lent"),
    "checkin": gettext_lazy("Returned"),
    "renew": gettext_lazy("Renewed"),
    "inhouse": gettext_lazy("Counted"),
    "undo": gettext_lazy("Undone"),
}
_TITLE_SHOWN = 30
CARD_STATES = {
    "lost": gettext_lazy("Reported lost"),
    "replaced": gettext_lazy("Card replaced"),
    "closed": gettext_lazy("Account closed"),
}


@dataclass(slots=True)
class Outcome:
    """What a scan led to, before it becomes JSON or a page.

    ``held`` is the card at the desk afterwards. ``code`` and ``what`` (a title) make the row of the
    log, none when ``code`` is ''. ``tells`` are said behind ``say``. ``panel_html`` is shown in place
    of the reader until the next scan. ``status`` is that of the answer to the script, which sends a
    scan answered 503 again, under its key.
    """

    kind: Kind
    held: Held
    say: str
    word: str = ""
    sound: scanbox.Sound | None = None
    code: str = ""
    what: str = ""
    prompt_html: str = ""
    ask: str = ""
    mode: str = ""
    undo: bool = False
    reader_changed: bool = True
    slip_html: str = ""
    tells: tuple[Reason, ...] = ()
    panel_html: str = ""
    status: int = 200

    @property
    def sentence(self) -> str:
        """What follows the title: the facts, then what is told besides."""
        lifted = any(t.data.get("overridden") for t in self.tells)
        told = [say(t) for t in self.tells if not t.data.get("overridden")]
        said = [self.say, *told, _("Allowed as an exception; the reason is on record.") * lifted]
        return " ".join(x for x in said if x)

    @property
    def line(self) -> str:
        """The one line beside the large word."""
        if not self.what:
            return self.sentence
        title = Truncator(self.what).chars(_TITLE_SHOWN)
        return _("“%(title)s” %(say)s") % {"title": title, "say": self.sentence}

    def log_row(self, at: datetime) -> str:
        if not self.code:
            return ""
        row = {
            "time": f"{clock.local(at):%H:%M:%S}",
            "code": self.code,
            "what": " ".join(x for x in (self.what, self.sentence) if x),
            "kind": self.kind,
            "word": self.word,
        }
        return render_to_string("common/log_row.html", {"row": row})


@dataclass(frozen=True, slots=True)
class Asked:
    """The scan a question is about, and what was already answered of it."""

    request: HttpRequest
    mode: str
    code: str
    held: Held
    library: str = ""
    script: bool = True

    def context(self, ask: str) -> dict[str, Any]:
        """For the prompt's form. Without script the form itself must carry the scan along."""
        again = {"mode": self.mode, "scan": self.code, "state": self.held.token(), "ask": ask}
        return {"again": None if self.script else again, "library": self.library}


def refused(asked: Asked, decision: Decision, *, shown: str, liftable: frozenset[str]) -> Outcome:
    """A refusal with all its reasons; a question where every one of them may be lifted here.

    ``shown`` is the code as the log may show it.
    """
    refusing = decision.refusing
    said = " ".join(say(r) for r in refusing)
    if len(refusing) == 1 and refusing[0].code in ("item-ambiguous", "card-ambiguous"):
        libraries = str(refusing[0].data["libraries"]).split(",")
        described = (_items if refusing[0].code == "item-ambiguous" else _cards)(asked.code)
        return which(
            asked,
            said,
            _("Which one is it?"),
            "library",
            [(i, " · ".join((*described.get(i, ()), library_name(i)))) for i in libraries],
        )
    if refusing and all(r.severity is Severity.ASK or r.code in liftable for r in refusing):
        only_asks = all(r.severity is Severity.ASK for r in refusing)
        prompt = render_to_string(
            "desk/prompt_override.html",
            {
                **asked.context("override"),
                "reasons": [say(r) for r in refusing],
                "codes": ",".join(r.code for r in refusing),
                "only_asks": only_asks,
            },
            asked.request,
        )
        return Outcome("ask", asked.held, said, ask="override", prompt_html=prompt)
    return Outcome("refused", asked.held, said, word=_("Not possible"), code=shown)


def _items(code: str) -> dict[str, tuple[str, ...]]:
    """Title and state of each library's item of a barcode, for the question which is meant."""
    return {
        i.library: (
            Truncator(i.title_text).chars(_TITLE_SHOWN),
            *((str(STATES[i.status][1]),) if i.status != "available" else ()),
        )
        for i in stock.scanned_items(scanned(code))
    }


def _cards(code: str) -> dict[str, tuple[str, ...]]:
    """The masked name on each library's card of a number, and a state other than valid."""
    return {
        c.library: (
            mask_name(c.name),
            *((str(CARD_STATES[c.status]),) if c.status in CARD_STATES else ()),
        )
        for c in patrons.card_for_loan(scanned(code))
    }


def which(
    asked: Asked, said: str, question: str, name: str, options: Sequence[tuple[str, str]]
) -> Outcome:
    """A question with one lettered button an option: (value, label) posted as ``name``."""
    letters: Iterable[str] = string.ascii_uppercase
    prompt = render_to_string(
        "desk/prompt_which.html",
        {
            **asked.context("which"),
            "question": question,
            "name": name,
            "options": [(*o, letter) for o, letter in zip(options, letters, strict=False)],
        },
        asked.request,
    )
    return Outcome("ask", asked.held, said, ask="which", prompt_html=prompt)


def as_json(
    outcome: Outcome, *, at: datetime, reader_html: str | None, counts_html: str = ""
) -> dict[str, Any]:
    """The island's `scanbox.Answer`."""
    answer: scanbox.Answer = {
        "kind": outcome.kind,
        "say": outcome.line,
        "state": outcome.held.token(),
        "undo": outcome.undo,
    }
    if outcome.word:
        answer["word"] = outcome.word
    if outcome.sound:
        answer["sound"] = outcome.sound
    if row := outcome.log_row(at):
        answer["log_html"] = row
    if counts_html:
        answer["counts_html"] = counts_html
    if reader_html is not None:
        answer["reader_html"] = reader_html
    if outcome.prompt_html:
        answer["prompt_html"] = outcome.prompt_html
        answer["ask"] = outcome.ask
    if outcome.mode:
        answer["mode"] = outcome.mode
    if outcome.slip_html:
        answer["slip_html"] = outcome.slip_html
        answer["print"] = True
    return dict(answer)
