"""What readers brought along from another system: deposits held, things to be verified."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.places import queries as places
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class Brought:
    """The deposit held in 分, and codes (of `formats.notes`) of what is to be verified."""

    deposit_fen: int
    to_verify: tuple[str, ...]


def brought(patron: str) -> Brought:
    """What one reader brought; nothing for an unknown one."""
    row = sql.one("SELECT deposit_fen, to_verify FROM patrons_patron WHERE id = ?", patron)
    return Brought(int(row[0]), tuple(str(row[1]).split())) if row else Brought(0, ())


def with_brought_deposit(place: str, *, limit: int) -> tuple[str, ...]:
    """Readers at home at a place or below it whose deposit came along and is still kept here."""
    sites = [p.id for p in places.subtree(place)]
    rows = sql.all(
        "SELECT id FROM patrons_patron WHERE deposit_fen > 0 AND closed_at IS NULL "
        f"AND home_id IN ({sql.marks(len(sites))}) ORDER BY id LIMIT ?",
        *sites,
        limit,
    )
    return tuple(r[0] for r in rows)


def brought_deposits(place: str) -> tuple[int, int]:
    """How many such readers there are, and how much they brought in all."""
    sites = [p.id for p in places.subtree(place)]
    row = sql.one(
        "SELECT COUNT(*), COALESCE(SUM(deposit_fen), 0) FROM patrons_patron WHERE deposit_fen > 0 "
        f"AND closed_at IS NULL AND home_id IN ({sql.marks(len(sites))})",
        *sites,
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)
