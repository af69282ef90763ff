"""Proposals to withdraw, the books on them, and the lists that were approved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.apps.stockcontrol import models, rules
from shuxiang.kernel.decision import Reason
from shuxiang.runtime import sql

CHUNK = 500


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal with its counts: 种, 册 and 码洋 of what is on the list, or left the stock by it;
    ``digest`` of an approved list, as the ledger has it."""

    id: str
    number: str
    place: str
    name: str
    basis: str
    state: str
    opened_at: datetime
    opened_by: str
    proposed_at: datetime | None
    proposed_by: str
    reviewed_at: datetime | None
    reviewed_by: str
    opinion: str
    decided_at: datetime | None
    decided_by: str
    decision: str
    titles: int = 0
    volumes: int = 0
    fen: int = 0
    dropped: int = 0


_PROPOSAL = (
    "SELECT p.id, p.number, p.place_id, p.name, p.basis, p.state, p.opened_at, p.opened_by, "
    "p.proposed_at, p.proposed_by, p.reviewed_at, p.reviewed_by, p.opinion, p.decided_at, "
    "p.decided_by, p.decision, COUNT(DISTINCT CASE WHEN l.dropped = '' THEN i.title_id END), "
    "SUM(CASE WHEN l.dropped = '' THEN 1 ELSE 0 END), "
    "COALESCE(SUM(CASE WHEN l.dropped = '' THEN i.price_fen END), 0), "
    "SUM(CASE WHEN l.dropped <> '' THEN 1 ELSE 0 END) "
    "FROM stockcontrol_proposal p LEFT JOIN stockcontrol_proposalline l ON l.proposal_id = p.id "
    "LEFT JOIN stock_item i ON i.id = l.item_id WHERE {} GROUP BY p.id ORDER BY p.opened_at DESC "
)


def _views(where: str, *values: object) -> tuple[ProposalView, ...]:
    found = []
    for row in sql.all(_PROPOSAL.format(where) + "LIMIT 100", *values):
        told: list[Any] = [*row[:17], row[17] or 0, row[18], row[19] or 0]
        found.append(ProposalView(*told))
    return tuple(found)


def withdrawal(proposal: str) -> ProposalView | None:
    found = _views("p.id = ?", proposal)
    return found[0] if found else None


def withdrawals(places: Collection[str]) -> tuple[ProposalView, ...]:
    """Proposals of the places, the newest first."""
    there = list(places)
    return _views(f"p.place_id IN ({sql.marks(len(there))})", *there) if there else ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A book as a list names it."""

    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str
    owner: str
    price_fen: int | None
    status: str


_CANDIDATE = (
    "SELECT i.id, i.barcode, i.title_id, t.title, i.call_number, i.owner_id, i.price_fen, i.status "
)


def candidates(items: Iterable[str]) -> tuple[Candidate, ...]:
    wanted = list(items)
    if not wanted:
        return ()
    rows = sql.all(
        f"{_CANDIDATE} FROM stock_item i JOIN catalog_title t ON t.id = i.title_id "
        f"WHERE i.id IN ({sql.marks(len(wanted))})",
        *wanted,
    )
    return tuple(Candidate(*row) for row in rows)


def candidate_lines(proposal: str) -> Iterator[tuple[Candidate, str]]:
    """(book, cause) of a list in the order of barcodes."""
    for row in sql.all(
        f"{_CANDIDATE}, l.cause FROM stockcontrol_proposalline l JOIN stock_item i "
        "ON i.id = l.item_id JOIN catalog_title t ON t.id = i.title_id WHERE l.proposal_id = ? "
        "ORDER BY i.barcode, i.id",
        proposal,
    ):
        yield Candidate(*row[:-1]), row[-1]


@dataclass(frozen=True, slots=True)
class ProposalLineView:
    id: str
    book: Candidate
    cause: str
    dropped: str


def proposal_lines(proposal: str, *, limit: int = 200) -> tuple[ProposalLineView, ...]:
    """The books of a list in the order of barcodes."""
    rows = sql.all(
        f"{_CANDIDATE}, l.id, l.cause, l.dropped FROM stockcontrol_proposalline l "
        "JOIN stock_item i ON i.id = l.item_id JOIN catalog_title t ON t.id = i.title_id "
        "WHERE l.proposal_id = ? ORDER BY l.dropped DESC, i.barcode, i.id LIMIT ?",
        proposal,
        limit,
    )
    return tuple(ProposalLineView(row[8], Candidate(*row[:8]), row[9], row[10]) for row in rows)


def against(items: Iterable[str]) -> dict[str, Reason | None]:
    """{item: why it can't be withdrawn now, None when it can}, in one statement."""
    wanted = list(items)
    if not wanted:
        return {}
    rows = sql.all(
        "SELECT i.id, i.status, "
        "EXISTS (SELECT 1 FROM circulation_loan l WHERE l.item_id = i.id "
        "AND l.returned_at IS NULL), "
        "EXISTS (SELECT 1 FROM circulation_transit r WHERE r.item_id = i.id "
        "AND r.ended_at IS NULL), "
        "EXISTS (SELECT 1 FROM circulation_hold h WHERE h.ended_at IS NULL "
        "AND (h.item_id = i.id OR h.wanted_id = i.id)) "
        f"FROM stock_item i WHERE i.id IN ({sql.marks(len(wanted))})",
        *wanted,
    )
    return {
        item: rules.against_withdrawing(
            status=status, on_loan=bool(lent), under_way=bool(sent), held=bool(held)
        )
        for item, status, lent, sent, held in rows
    }


@dataclass(frozen=True, slots=True)
class WithdrawnLine:
    """A line of an approved list, as it was that moment."""

    number: int
    item: str
    title: str
    barcode: str
    title_text: str
    call_number: str
    owner: str
    price_fen: int | None
    cause: str


def withdrawn(proposal: str) -> tuple[WithdrawnLine, ...]:
    """The approved list."""
    rows = models.Withdrawn.objects.filter(proposal=proposal).order_by("number")
    return tuple(
        WithdrawnLine(
            r.number, r.item, r.title, r.barcode, r.title_text, r.call_number, r.owner, r.price_fen,
            r.cause,
        )
        for r in rows
    )  # fmt: skip


def stored_digest(proposal: str) -> str:
    """The hash that the ledger has of an approved list; '' for none."""
    found = sql.one(
        "SELECT data FROM ledger_event WHERE subject = ? AND type = 'withdrawal.approved'", proposal
    )
    return str(json.loads(found[0])["hash"]) if found else ""


def digest_of(lines: Iterable[WithdrawnLine]) -> str:
    """SHA-256 over an approved list: anybody can compute it from the printed list's data again."""
    hashed = hashlib.sha256()
    for line in lines:
        told = [
            line.number, line.item, line.title, line.barcode, line.title_text, line.call_number,
            line.owner, line.price_fen, line.cause,
        ]  # fmt: skip
        hashed.update(json.dumps(told, ensure_ascii=False).encode() + b"\n")
    return hashed.hexdigest()


def altered() -> tuple[str, ...]:
    """Numbers of approved lists that are no longer as they were approved."""
    rows = sql.all(
        "SELECT id, number FROM stockcontrol_proposal WHERE state = 'approved' ORDER BY number"
    )
    return tuple(number for id_, number in rows if digest_of(withdrawn(id_)) != stored_digest(id_))
