"""What readers brought along from another system: deposits held, things to be verified."""

from __future__ import annotations

from dataclasses import dataclass

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
