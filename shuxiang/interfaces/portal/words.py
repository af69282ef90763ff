"""Words of the catalogue: kinds, languages, audiences, states of copies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shuxiang.interfaces.common.catalogue import Copy
from shuxiang.interfaces.common.words import local_time

Word: TypeAlias = str | Promise

KINDS: dict[str, Word] = {
    "book": _("Book"),
    "serial": _("Periodical"),
    "article": _("Article"),
    "manuscript": _("Manuscript"),
    "score": _("Score"),
    "map": _("Map"),
    "video": _("Film and video"),
    "spoken": _("Spoken recording"),
    "music": _("Music recording"),
    "graphic": _("Picture"),
    "electronic": _("Electronic resource"),
    "multimedia": _("Multimedia"),
    "rubbing": _("Rubbing"),
    "rare_book": _("Rare book"),
    "object": _("Object"),
}

# ISO 639-2/B, as the records give them.
LANGUAGES: dict[str, Word] = {
    "chi": _("Chinese"),
    "eng": _("English"),
    "jpn": _("Japanese"),
    "kor": _("Korean"),
    "fre": _("French"),
    "ger": _("German"),
    "rus": _("Russian"),
    "spa": _("Spanish"),
    "ita": _("Italian"),
    "por": _("Portuguese"),
    "ara": _("Arabic"),
    "lat": _("Latin"),
    "tib": _("Tibetan"),
    "uig": _("Uyghur"),
    "mon": _("Mongolian"),
    "mul": _("Several languages"),
}

# CNMARC 100 $a 17-19.
AUDIENCES: dict[str, Word] = {
    "a": _("Young people"),
    "b": _("Up to 5 years"),
    "c": _("5 to 10 years"),
    "d": _("9 to 14 years"),
    "e": _("14 to 20 years"),
    "k": _("Scholars"),
    "m": _("Adults"),
}

SORTS: dict[str, Word] = {
    "relevance": _("Best match"),
    "newest": _("Newest in the library"),
    "year": _("Latest published"),
    "oldest": _("Earliest published"),
    "loans": _("Most borrowed"),
    "title": _("Title by pinyin"),
}


@dataclass(frozen=True, slots=True)
class State:
    """What a reader is told of a copy, with the kind of badge and the due date where there is one."""

    kind: str
    text: Word
    due_on: date | None = None


_OTHER: dict[str, tuple[str, Word]] = {
    "in_processing": ("notice", _("Being processed")),
    "lost": ("muted", _("Lost")),
    "missing": ("muted", _("Not found")),
    "damaged": ("muted", _("Being repaired")),
    "blocked": ("muted", _("Not for lending now")),
}


def state(copy: Copy) -> State:
    """The state of one copy in words."""
    if copy.due_on is not None:
        return State("hold", _("On loan"), copy.due_on)
    if copy.aside_until is not None:
        until = local_time(copy.aside_until)
        return State("notice", gettext("In quarantine until %(until)s") % {"until": until})
    if copy.moving_to:
        return State("hold", _("On its way between branches"))
    if copy.reserved:
        return State("hold", _("Set aside for a reader"))
    if copy.item.status != "available":
        return State(*_OTHER.get(copy.item.status, ("muted", _("Not for lending now"))))
    if not copy.item.lendable:
        return State("muted", _("For use in the library"))
    return State("ok", _("On the shelf"))


def word(words: dict[str, Word], code: str) -> Word:
    """The word for a code; the code itself where none is known."""
    return words.get(code, code)
