"""The demo at a tenth of its size, built once through the real commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

TODAY = date(2026, 11, 20)
SCALE = 0.1


@dataclass(frozen=True)
class Played:
    """The tally the player kept, as saved, and the account text."""

    tally: dict[str, Any]
    accounts: str

    def year(self, year: int, scope: str) -> dict[str, int]:
        counts: dict[str, int] = self.tally["years"][str(year)][scope]
        return counts


@pytest.fixture
def played(scene: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Played:
    from shuxiang.demo import build

    # Restoring a database leaves the index as it is: this one belongs to the demo alone.
    monkeypatch.setattr(settings, "INDEX_DIR", Path(settings.HOME) / "demo-index")

    def make() -> Played:
        build.make(lambda part, done: None, scale=SCALE, today=TODAY)
        home = Path(settings.HOME)
        return Played(
            json.loads((home / "demo-tally.json").read_text("utf-8")),
            (home / "demo-accounts.txt").read_text("utf-8"),
        )

    made: Played = scene("demo", make)
    return made
