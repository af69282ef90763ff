"""What was played, counted by the player as it goes: nothing here is read from the database.

A test compares the annual report with it, so it must stay independent of ledger and statistics.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path


class Tally:
    """Counts by year, measure and place code.

    ``loans``, ``renewals``, ``returns``, ``in_house_uses``, ``visits`` (people), ``cards_issued``,
    ``items_added``, ``refused``, ``overridden``; ``borrowing_visits`` are distinct (reader, place,
    day) with a loan, ``active_borrowers`` distinct readers with one.
    """

    def __init__(self) -> None:
        self.acts = 0
        self._counts: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        self._borrowed: set[tuple[str, str, date]] = set()

    def add(self, measure: str, place: str, day: date, quantity: int = 1) -> None:
        self._counts[day.year, measure][place] += quantity

    def borrowed(self, reader: str, place: str, day: date) -> None:
        """A loan."""
        self.add("loans", place, day)
        self._borrowed.add((reader, place, day))

    def year(self, year: int, places: Iterable[str]) -> dict[str, int]:
        """The counts of a year over the places named."""
        wanted = set(places)
        found = {
            measure: sum(n for place, n in counts.items() if place in wanted)
            for (of, measure), counts in self._counts.items()
            if of == year
        }
        visits = {v for v in self._borrowed if v[2].year == year and v[1] in wanted}
        found["borrowing_visits"] = len(visits)
        found["active_borrowers"] = len({reader for reader, _, _ in visits})
        return dict(sorted(found.items()))

    def write(self, path: Path, main: str, places: Iterable[str]) -> None:
        """Write the counts of every year, the main library's own and those of all places."""
        years = sorted({year for year, _ in self._counts})
        everywhere = list(places)
        whole = {
            "acts": self.acts,
            "years": {
                str(y): {"own": self.year(y, [main]), "all": self.year(y, everywhere)}
                for y in years
            },
        }
        path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
