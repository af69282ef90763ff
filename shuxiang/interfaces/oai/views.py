"""Answers to harvesters (OAI-PMH 2.0): every title once, in the order of its id, removed ones marked.

A list read in parts goes by id, not by date: what changes meanwhile keeps its place, so that no
title comes twice and none is left out. Sets: ``class:I`` for a main class, ``branch:east`` for what
stands at a place or below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shuxiang.apps.catalog import commands as catalog_commands
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import Harvested, Wanted
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.formats import clc, oai
from shuxiang.formats.oai import OaiFault, OaiRecord, OaiRequest, Position, Resumption
from shuxiang.interfaces.common.records import as_xml, xml_answer
from shuxiang.kernel import clock
from shuxiang.runtime.secrets import derived_key

A_PART = 200
KEPT = timedelta(hours=24)
"""Titles in one part of a list, and how long its token is good."""

BEHIND = catalog_commands.STILL
"""An answer says that it was given so long ago: what was recorded then is committed by now, so a
harvester that next asks from the moment of this answer misses nothing."""


_MAIN = frozenset(main.code for main, _below in clc.tree())


@dataclass(frozen=True, slots=True)
class _Set:
    """What a setSpec stands for: a main class, or the ids of a place and those below it."""

    main_class: str = ""
    places: frozenset[str] | None = None


@csrf_exempt
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """The one address of the protocol."""
    base, now = request.build_absolute_uri(request.path), clock.now()
    parameters = request.POST if request.method == "POST" else request.GET
    pairs = [(name, value) for name, values in parameters.lists() for value in values]
    given = {name: value for name, value in pairs if name != "verb"}
    verb = parameters.get("verb", "")
    try:
        asked = oai.read(pairs)
        parts = _parts(asked, base, now)
        text = "".join(
            oai.answer(
                parts, base_url=base, verb=asked.verb, arguments=asked.arguments, now=now - BEHIND
            )
        )
    except OaiFault as fault:
        text = oai.fault(
            fault.code, fault.message, base_url=base, verb=verb, arguments=given, now=now - BEHIND
        )
    return xml_answer(text, "text/xml")


def _parts(asked: OaiRequest, base: str, now: datetime) -> Iterator[str]:
    if asked.verb == "Identify":
        return oai.identify(_repository(base, now))
    if asked.verb == "ListMetadataFormats":
        if "identifier" in asked.arguments:
            _title(asked.arguments["identifier"])
        return oai.formats()
    if asked.verb == "ListSets":
        if asked.token:
            raise OaiFault("badResumptionToken", "the sets come in one part")
        return oai.sets(_all_sets())
    if asked.verb == "GetRecord":
        return _one(asked)
    return _list(asked, now)


def _repository(base: str, now: datetime) -> oai.Repository:
    return oai.Repository(
        name=places.main_library().name,
        base_url=base,
        email=settings.CONTACT_EMAIL,
        earliest=catalog.earliest_change() or now,
        identifier_scheme=settings.OAI_DOMAIN,
        sample=_identifier("0" * 32),
    )


def _identifier(title: str) -> str:
    return f"oai:{settings.OAI_DOMAIN}:{title}"


def _title(identifier: str) -> Harvested:
    head = _identifier("")
    found = catalog.harvested(identifier.removeprefix(head))
    if not identifier.startswith(head) or found is None:
        raise OaiFault("idDoesNotExist", f"no record is called {identifier}")
    return found


def _all_sets() -> Iterator[tuple[str, str]]:
    for main, _below in clc.tree():
        yield f"class:{main.code}", main.name_zh
    for place in places.all_places():
        yield f"branch:{place.code}", place.name


def _set(spec: str) -> _Set:
    kind, _, code = spec.partition(":")
    if not spec:
        return _Set()
    if kind == "class" and code in _MAIN:
        return _Set(main_class=code)
    if kind == "branch":
        try:
            place = places.place_by_code(code)
        except places.UnknownPlace:
            pass
        else:
            return _Set(places=frozenset(p.id for p in places.subtree(place.id)))
    raise OaiFault("noRecordsMatch", f"there is no set {spec}")


def _format(prefix: str) -> str:
    if prefix not in {each.prefix for each in oai.FORMATS}:
        raise OaiFault("cannotDisseminateFormat", f"no record is given out as {prefix}")
    return prefix


def _one(asked: OaiRequest) -> Iterator[str]:
    prefix = _format(asked.arguments["metadataPrefix"])
    found = _title(asked.arguments["identifier"])
    return iter([oai.record(_record(found, _held([found]), prefix))])


def _record(found: Harvested, held: dict[str, frozenset[str]], prefix: str) -> OaiRecord:
    codes = {p.id: p.code for p in places.all_places()}
    specs = [f"class:{found.main_class}"] if found.main_class else []
    specs += sorted(f"branch:{codes[p]}" for p in held.get(found.title, ()))
    metadata = None
    if prefix and found.source is not None:
        metadata = as_xml(found.source, prefix, changed=found.changed)
    return OaiRecord(
        _identifier(found.title), found.changed, tuple(specs), found.source is None, metadata
    )


def _held(found: list[Harvested]) -> dict[str, frozenset[str]]:
    """Title → the places it stands at and all above them."""
    above = {p.id: (p.id, *(a.id for a in places.ancestors(p))) for p in places.all_places()}
    return {
        title: frozenset(p for item in items for p in above[item.holder])
        for title, items in stock.items_of(f.title for f in found if f.source).items()
    }


def _list(asked: OaiRequest, now: datetime) -> Iterator[str]:
    verb = asked.verb
    if asked.token:
        at = oai.position(verb, asked.token, _key(), now=now)
    else:
        assert asked.span is not None
        at = Position(asked.span, "", 0, 0, now + KEPT)
    prefix = _format(at.span.prefix)
    within = _set(at.span.set_)
    wanted = Wanted(at.span.from_, at.span.until, within.main_class)
    if not asked.token:
        at = replace(at, size=_size(wanted, within))
    found, held, after = _next(wanted, within, at.after)
    if not found:
        raise OaiFault(
            "badResumptionToken" if asked.token else "noRecordsMatch",
            "nothing more is there" if asked.token else "no record matches",
        )
    return _written(verb, prefix, found, held, replace(at, after=after), now)


def _written(
    verb: str,
    prefix: str,
    found: list[Harvested],
    held: dict[str, frozenset[str]],
    at: Position,
    now: datetime,
) -> Iterator[str]:
    for each in found:
        if verb == "ListRecords":
            yield oai.record(_record(each, held, prefix))
        else:
            yield oai.header(_record(each, held, ""))
    size = max(at.size, at.delivered + len(found))
    if at.after:
        following = replace(at, delivered=at.delivered + len(found), size=size, expires=now + KEPT)
        given = oai.token(verb, following, _key())
        yield oai.resumption(Resumption(given, size, at.delivered, following.expires))
    elif at.delivered:
        yield oai.resumption(Resumption("", size, at.delivered))


def _next(
    wanted: Wanted, within: _Set, after: str
) -> tuple[list[Harvested], dict[str, frozenset[str]], str]:
    """The next part of a list, where its titles stand, and the id to go on after ('' at the end)."""
    found: list[Harvested] = []
    held: dict[str, frozenset[str]] = {}
    while len(found) < A_PART:
        rows = list(catalog.harvest(wanted, after=after, limit=A_PART + 1))
        more, rows = len(rows) > A_PART, rows[:A_PART]
        standing = _held(rows)
        found += [r for r in rows if _belongs(r, within, standing)]
        held |= standing
        after = rows[-1].title if more else ""
        if not more:
            break
    return found, held, after


def _belongs(row: Harvested, within: _Set, held: dict[str, frozenset[str]]) -> bool:
    # Where a removed title stood nobody knows any more: every branch's harvesters are told.
    if within.places is None or row.source is None:
        return True
    return bool(within.places & held.get(row.title, frozenset()))


def _size(wanted: Wanted, within: _Set) -> int:
    """How many there are; of a branch what stands there now, which is near enough (the protocol
    allows an estimate)."""
    if within.places is None:
        return catalog.count_harvest(wanted)
    return stock.held_titles(within.places)


def _key() -> bytes:
    return derived_key("oai")
