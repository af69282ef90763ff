"""How a partner is asked and told. A port says what is needed; an adapter knows one way of doing it.

Nothing here writes to the database, and nothing is called while a command runs: a link may hang.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from django.conf import settings

OLDEST_CARDS = timedelta(days=7)
"""A file of cards older than this no longer says who is a reader there."""


class LinkDown(Exception):
    """The partner can't be reached now; ask again later, or a person."""


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """What the partner says of a card: ``valid``, and the last day it is so where told."""

    valid: bool
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A message to a partner; ``key`` is the same each time it is tried."""

    key: str
    kind: str
    at: datetime
    body: dict[str, str]


class Port(Protocol):
    """What an adapter must do. Both raise LinkDown."""

    def verify(self, number: str, at: datetime) -> CardAnswer:
        """Ask whether a card of the partner is good now."""

    def tell(self, message: Told) -> None:
        """Hand over a message so that it can't be lost."""

    def publish(self, cards: Iterable[tuple[str, str, date]]) -> None:
        """Let the partner know our cards: (number, state, last day)."""


class Manual:
    """A person does it: by telephone, by a web page of the partner, with the courier's list."""

    def verify(self, number: str, at: datetime) -> CardAnswer:
        raise LinkDown

    def tell(self, message: Told) -> None:
        raise LinkDown

    def publish(self, cards: Iterable[tuple[str, str, date]]) -> None:
        raise LinkDown


class Files:
    """Files that something else carries: ``in/cards.csv`` (number, state, valid_until) comes from the
    partner, ``out/messages-DAY.jsonl`` and ``out/cards.csv`` go to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def verify(self, number: str, at: datetime) -> CardAnswer:
        path = self.folder / "in" / "cards.csv"
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime, tz=at.tzinfo)
            rows = path.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as fault:
            raise LinkDown from fault
        if at - written > OLDEST_CARDS:
            raise LinkDown
        for row in csv.DictReader(rows):
            if (row.get("number") or "").strip() == number:
                return _answer(row)
        return CardAnswer(False)

    def tell(self, message: Told) -> None:
        line = {"key": message.key, "kind": message.kind, "at": message.at.isoformat()}
        path = self.folder / "out" / f"messages-{message.at:%Y%m%d}.jsonl"
        self._write(path, json.dumps(line | message.body, ensure_ascii=False) + "\n", "a")

    def publish(self, cards: Iterable[tuple[str, str, date]]) -> None:
        lines = ["number,state,valid_until"]
        lines += [f"{number},{state},{until:%Y-%m-%d}" for number, state, until in cards]
        target = self.folder / "out" / "cards.csv"
        self._write(target.with_suffix(".part"), "\n".join(lines) + "\n", "w")
        try:
            target.with_suffix(".part").replace(target)
        except OSError as fault:
            raise LinkDown from fault

    def _write(self, path: Path, text: str, mode: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open(mode, encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise LinkDown from fault


def _answer(row: dict[str, str]) -> CardAnswer:
    try:
        until = date.fromisoformat((row.get("valid_until") or "").strip())
    except ValueError:
        until = None
    return CardAnswer((row.get("state") or "").strip() in ("valid", "有效"), until)


def port(adapter: str, code: str) -> Port:
    """The adapter of a partner; what is switched off behaves like a link that is down."""
    return Files(Path(settings.HOME) / "exchange" / code) if adapter == "file" else Manual()
