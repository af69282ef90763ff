"""What texts of a list stand for: places, and numbers that are shorter than the others."""

from __future__ import annotations

from collections.abc import Mapping

from shuxiang.apps.places import queries as places
from shuxiang.formats.identifiers import narrow
from shuxiang.formats.sheets import SheetMap
from shuxiang.kernel.context import Context
from shuxiang.runtime.commands import permitted

CODE_SHARE = 0.8
"""Where this share of the numbers has one length, a shorter one has probably lost its zeros."""


def short_length(lengths: Mapping[int, int]) -> int:
    """The usual length of the numbers of a list, 0 where there is none."""
    total = sum(lengths.values())
    if not total:
        return 0
    usual, count = max(lengths.items(), key=lambda pair: pair[1])
    return usual if total >= 5 and count >= CODE_SHARE * total else 0


class Places:
    """Which place a text of a list stands for: by the map, by code, by name; 总馆 and 本馆 are the main
    library where there is one alone."""

    def __init__(self, how: SheetMap, field: str, action: str, ctx: Context) -> None:
        self._given = how.values.get(field, {})
        self._all = places.all_places()
        self._by_text = {folded(p.name): p for p in self._all if p.kind != "network"} | {
            folded(p.code): p for p in self._all
        }
        mains = [p for p in self._all if p.kind == "main_library"]
        if len(mains) == 1:
            for text in ("总馆", "本馆"):
                self._by_text.setdefault(text, mains[0])
        self._found: dict[str, places.Place | None] = {}
        self._allowed: dict[str, bool] = {}
        self._action, self._ctx = action, ctx

    def find(self, text: str) -> places.Place | None:
        """None for a text that stands for no place."""
        if text not in self._found:
            code = self._given.get(text, text)
            self._found[text] = self._by_text.get(folded(code))
        return self._found[text]

    def allowed(self, place: str) -> bool:
        """Whether the actor may import for a place."""
        if place not in self._allowed:
            self._allowed[place] = permitted(self._ctx, self._action, place)
        return self._allowed[place]

    def name(self, place: str) -> str:
        """The name of a place by its id."""
        return places.place(place).name


def folded(text: str) -> str:
    """A name as it is compared: NFKC, without blanks, in lower case."""
    return "".join(narrow(text).split()).lower()
