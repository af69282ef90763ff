"""Who may act for whom: guardians for their children, proxies by consent (row C3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.patrons import identity, models, rules
from shuxiang.runtime import sql

GUARDIAN, PROXY = "guardian", "proxy"


@dataclass(frozen=True, slots=True)
class Represented:
    """A reader for whom another may borrow and renew. ``how``: guardian (their child, until it is of
    age) or proxy (by consent)."""

    patron: str
    name: str
    born_on: date | None
    how: str
    until: date | None


@dataclass(frozen=True, slots=True)
class ProxyFacts:
    """A consent by which ``proxy`` acts for ``patron``; ``in_force`` on the day asked about."""

    id: str
    patron: str
    patron_name: str
    proxy: str
    proxy_name: str
    valid_from: date
    valid_to: date | None
    given_by: str
    in_force: bool


_CHILDREN = (
    "SELECT DISTINCT c.id, c.name, c.born_on FROM patrons_document d "
    "JOIN patrons_guardian g ON g.document_hash = d.number_hash AND g.ended_at IS NULL "
    "JOIN patrons_patron c ON c.id = g.child_id AND c.closed_at IS NULL "
    "WHERE d.patron_id = ? AND d.ended_at IS NULL AND c.id <> ?"
)
_GIVEN = (
    "SELECT c.id, c.name, c.born_on, p.valid_to FROM patrons_proxy p "
    "JOIN patrons_patron c ON c.id = p.patron_id AND c.closed_at IS NULL "
    "WHERE p.proxy_id = ? AND p.ended_at IS NULL AND p.valid_from <= ? "
    "AND (p.valid_to IS NULL OR p.valid_to >= ?)"
)


def acts_for(patron: str, on: date) -> tuple[Represented, ...]:
    """Whom a reader may act for that day, children before others, the youngest last.

    A guardian is known by their own document on record; a group's responsible person is none.
    """
    found: dict[str, Represented] = {}
    for child, name, born_on in sql.all(_CHILDREN, patron, patron):
        if born_on is not None and identity.age_on(born_on, on) < rules.ADULT:
            found[child] = Represented(child, name, born_on, GUARDIAN, None)
    for other, name, born_on, until in sql.all(_GIVEN, patron, on, on):
        found.setdefault(other, Represented(other, name, born_on, PROXY, until))
    return tuple(
        sorted(
            found.values(),
            key=lambda r: (r.how != GUARDIAN, r.born_on or date.min, r.name, r.patron),
        )
    )


def how_acts(actor: str, patron: str, on: date) -> str:
    """By what right ``actor`` acts for ``patron`` that day: guardian, proxy, or '' for none."""
    return next((r.how for r in acts_for(actor, on) if r.patron == patron), "")


def proxies(patron: str, on: date) -> tuple[ProxyFacts, ...]:
    """Consents not taken back that the reader gave or holds, the newest first."""
    given = models.Proxy.objects.filter(patron=patron, ended_at=None)
    held = models.Proxy.objects.filter(proxy=patron, ended_at=None, patron__closed_at=None)
    rows = [*given.select_related("patron", "proxy"), *held.select_related("patron", "proxy")]
    return tuple(
        _facts(r, on) for r in sorted(rows, key=lambda r: (r.given_at, r.id), reverse=True)
    )


def _facts(row: models.Proxy, on: date) -> ProxyFacts:
    return ProxyFacts(
        row.id,
        row.patron_id,
        row.patron.name,
        row.proxy_id,
        row.proxy.name,
        row.valid_from,
        row.valid_to,
        row.given_by,
        row.valid_from <= on and (row.valid_to is None or on <= row.valid_to),
    )
