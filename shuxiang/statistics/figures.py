"""A year's figures, each with how it was counted, from which ledger rows, and last year's value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shuxiang.apps.places import queries as places
from shuxiang.documents.report import BRANCHES_TOO, LIBRARY_ALONE, Figure
from shuxiang.documents.report.model import Scope
from shuxiang.kernel import clock
from shuxiang.runtime import sql
from shuxiang.statistics import fold
from shuxiang.statistics.counts import Counts, Total
from shuxiang.statistics.indicators import HOW_ZH, SOURCE_ZH, Indicator, in_force

SCOPES: dict[str, Scope] = {"main": LIBRARY_ALONE, "subtree": BRANCHES_TOO}
"""What the command line and the settings call the two scopes."""

Link = Callable[[str, Scope], str]


class NoData(LookupError):
    """Nothing was counted in that year at the place."""


def rows_href(year: int, place_code: str) -> Link:
    """Where the office shows the ledger rows behind a figure (`queries.drill`)."""
    names = {zh: name for name, zh in SCOPES.items()}

    def link(code: str, scope: Scope) -> str:
        return f"/office/statistics/{year}/{code}/?place={place_code}&scope={names[scope]}"

    return link


def no_link(code: str, scope: Scope) -> str:
    return ""


def sites(place: str, scope: Scope) -> tuple[places.Place, ...]:
    """The places a scope takes in, in the library's order."""
    return places.subtree(place) if scope == BRANCHES_TOO else (places.place(place),)


def default_scope(place: str) -> Scope:
    """What the place's setting ``report.scope`` says."""
    return SCOPES.get(str(places.setting(place, "report.scope").value), BRANCHES_TOO)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which figures are wanted: of a place in a scope, to the end of the year or to ``until``."""

    counts: Counts
    place: str
    scope: Scope
    until: date | None = None
    link: Link = no_link

    def end(self, year: int) -> date:
        last = date(year, 12, 31)
        return min(last, self.until) if self.until else last


def figures(
    year: int,
    *,
    place: str,
    scope: Scope,
    until: date | None = None,
    counts: Counts | None = None,
    link: Link = no_link,
) -> dict[str, Figure]:
    """Every indicator in force that year, by code.

    ``until`` ends a year that still runs. A figure nobody recorded is missing with its reason, never
    0. Reads the daily counts as they are: `daily.refresh` brings them up to the ledger.
    Raises NoData.
    """
    counts = counts or Counts(year)
    if not counts.has_data(year, [p.id for p in sites(place, scope)]):
        raise NoData(year)
    asked = Asked(counts, place, scope, until, link)
    before = {one.code: one for one in in_force(year - 1)}
    return {one.code: _figure(one, before.get(one.code), year, asked) for one in in_force(year)}


def _figure(one: Indicator, before: Indicator | None, year: int, asked: Asked) -> Figure:
    scope = scope_of(one, asked.scope)
    inside = [p.id for p in sites(asked.place, scope)]
    value, total, missing = _value(one, year, inside, asked)
    previous, same = None, before is not None and before.version == one.version
    if before is not None and asked.counts.has_data(year - 1, inside):
        previous, _, _ = _value(before, year - 1, inside, asked)
    notes = [f"截至 {asked.until:%Y-%m-%d}"] if asked.until and asked.until.year == year else []
    lacking = 0
    if one.how == "borrowers" or any(t.measure == fold.BORROWING_VISITS for t in one.terms):
        lacking = asked.counts.measured(fold.KEYLESS_LOANS, year, inside)
    if lacking and value is not None:
        notes.append(f"另有 {lacking} 册次外借没有读者标识，无法去重，未计入")
    return Figure(
        code=one.code,
        name_zh=one.name_zh,
        unit=one.unit,
        value=value,
        previous=previous,
        scope=scope,
        method=one.rule,
        source=_source(one, total),
        comparable=same,
        missing_reason=missing,
        note="；".join(notes),
        from_seq=total.from_seq,
        to_seq=total.to_seq,
        version=one.version,
        href=asked.link(one.code, scope) if total.from_seq is not None else "",
        at_least=bool(lacking) and value is not None,
        previous_note="" if same else "口径版本不同，不可比",
    )


def scope_of(one: Indicator, scope: Scope) -> Scope:
    """The scope an indicator is given in when ``scope`` is asked for."""
    return {"both": scope, "alone": LIBRARY_ALONE, "below": BRANCHES_TOO}[one.reach]


def _value(
    one: Indicator, year: int, inside: list[str], asked: Asked
) -> tuple[int | None, Total, str]:
    """The number, the rows it was counted from, and why there is none."""
    end = asked.end(year)
    if one.how == "calendar":
        return _open_days(asked.place, year, end), Total(), ""
    if one.how == "places":
        return _units(one.code, inside, end), Total(), ""
    if one.how == "cards":
        return valid_cards(inside, end), Total(), ""
    total = asked.counts.total(one, year, inside)
    if one.how == "borrowers":
        return asked.counts.borrowers(year, inside), total, ""
    if total.from_seq is None and one.missing:
        return None, total, one.missing
    return total.count, total, ""


def _source(one: Indicator, total: Total) -> str:
    if one.how not in ("sum", "stock", "borrowers"):
        return HOW_ZH[one.how]
    named = sorted({SOURCE_ZH[s] for s in total.sources if s in SOURCE_ZH})
    return "、".join(named) or "系统流水"


def _open_days(place: str, year: int, end: date) -> int:
    first = date(year, 1, 1)
    opened = sql.one("SELECT opened_on, closed_on FROM places_place WHERE id = ?", place)
    if opened and opened[0] and opened[0] > first:
        first = opened[0]
    if opened and opened[1] and opened[1] <= end:
        end = opened[1] - timedelta(days=1)
    if first > end:
        return 0
    return places.calendar(place, first, end).open_days(first, end)


def _units(kind: str, inside: list[str], end: date) -> int:
    found = sql.one(
        f"SELECT COUNT(*) FROM places_place WHERE kind = ? AND id IN ({sql.marks(len(inside))}) "
        "AND (opened_on IS NULL OR opened_on <= ?) AND (closed_on IS NULL OR closed_on > ?)",
        kind,
        *inside,
        end,
        end,
    )
    assert found is not None
    return int(found[0])


def _after(day: date) -> datetime:
    return clock.at_local(day + timedelta(days=1), time.min)


def valid_cards(inside: Iterable[str], end: date) -> int:
    """Cards issued at the places and valid at the end of a past or present day. A card's last day
    then is what its first renewal since found it to be."""
    wanted = list(inside)
    cards = sql.all(
        "SELECT id, expires_on FROM patrons_card WHERE issued_on <= ? "
        f"AND issued_place_id IN ({sql.marks(len(wanted))}) AND (ended_at IS NULL OR ended_at >= ?)",
        end,
        *wanted,
        _after(end),
    )
    renewed = sql.all(
        "SELECT subject, data FROM ledger_event WHERE type = 'card.renewed' AND business_date > ? "
        "AND subject IS NOT NULL ORDER BY occurred_at DESC",
        end,
    )
    # The earliest renewal after that day is written last and stays.
    then = {card: date.fromisoformat(json.loads(data)["before"]) for card, data in renewed}
    return sum(then.get(card, expires) >= end for card, expires in cards)


def as_json(found: Iterable[Figure]) -> str:
    """The figures as ``{code: {value, scope, method, from_seq, to_seq}}``, with ``missing`` where
    there is no value; the same text for the same ledger, without ids or times of day."""
    data: dict[str, dict[str, object]] = {}
    for one in found:
        data[one.code] = {
            "value": one.value,
            "scope": one.scope,
            "method": f"{one.method}（口径第 {one.version} 版）",
            "from_seq": one.from_seq,
            "to_seq": one.to_seq,
        }
        if one.value is None:
            data[one.code]["missing"] = one.missing_reason
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
