"""修改记录: the change log, for the auditor alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import commands as staff_commands
from shuxiang.apps.staff import queries as staff
from shuxiang.formats.sheets.values import guarded
from shuxiang.formats.sheets.write import workbook
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office import change_words as words
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.runtime import changes
from shuxiang.runtime.changes import Asked, Change

ACTION = "audit.view"
A_PAGE = 50
MOST_EXPORTED = 20_000
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
CHANNELS = {
    "desk": _("Desk"),
    "office": _("Office"),
    "portal": _("Portal"),
    "cli": _("Command line"),
    "worker": _("Background work"),
    "sip2": _("Self-service"),
    "api": _("Interface"),
    "paia": _("Discovery system (PAIA, ILS-DI)"),
    "ilsdi": _("Discovery system (PAIA, ILS-DI)"),
}
HEADINGS = (
    _("When"),
    _("Who"),
    _("Where"),
    _("Through"),
    _("Kind of object"),
    _("Changed object"),
    _("What was done"),
    _("Before"),
    _("After"),
    _("Why"),
)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the page is asked for."""

    who: str
    kind: str
    subject: str
    first: date | None
    last: date | None

    def asked(self, inside: tuple[str, ...] | None) -> Asked:
        """The rows wanted, of the places given."""
        return Asked(
            actor=self.who,
            kind=self.kind,
            subject=self.subject,
            since=_moment(self.first),
            before=_moment(self.last + timedelta(days=1)) if self.last else None,
            places=inside,
        )


def _moment(day: date | None) -> datetime | None:
    return clock.at_local(day, time.min) if day else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _filter(request: HttpRequest) -> Filter:
    given = request.GET
    return Filter(
        given.get("who", "")[:64],
        given.get("kind", "")[:24],
        given.get("subject", "")[:64],
        _day(given.get("first", "")),
        _day(given.get("last", "")),
    )


def _inside(request: HttpRequest) -> tuple[str, ...] | None:
    """Ids of the places whose changes may be read; None: all of them."""
    mine = permitted_places(request, ACTION, network=True)
    return None if places.top().id in {p.id for p in mine} else tuple(p.id for p in mine)


class _Found:
    """The changes asked for, as a paginator takes them."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def count(self) -> int:
        return changes.count(self.asked)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> tuple[Change, ...]:
        start = part.start or 0
        return changes.find(self.asked, offset=start, limit=part.stop - start)


@dataclass(frozen=True, slots=True)
class Line:
    """A change in words."""

    change: Change
    who: str
    where: str
    channel: str
    kind: str
    subject: str
    act: str
    lines: list[tuple[str, str, str]]


class _Words:
    """Names of accounts, places and categories, asked once."""

    def __init__(self) -> None:
        self.people = {a.id: a.name for a in staff.accounts()}
        self.sites = {p.id: p.name for p in places.all_places()}
        self.categories = words.categories()

    def line(self, change: Change) -> Line:
        who = {
            "system": gettext("System"),
            "patron": gettext("The reader"),
            "terminal": gettext("Self-service"),
        }.get(change.actor_kind) or self.people.get(change.actor, gettext("Unknown"))
        return Line(
            change,
            who,
            self.sites.get(change.service_point or "", ""),
            str(CHANNELS.get(change.channel, "")),
            words.kind(change.kind),
            words.subject(change, self.categories),
            words.act(change.action),
            words.lines(change, self.categories),
        )


@require_safe
@staff_required(ACTION)
def log(request: HttpRequest) -> HttpResponse:
    """The newest changes first, by who, what and when."""
    chosen, inside = _filter(request), _inside(request)
    if chosen.first and chosen.last and chosen.last < chosen.first:
        chosen = replace(chosen, last=None)
    found = Paginator(_Found(chosen.asked(inside)), A_PAGE).get_page(request.GET.get("page"))
    known = _Words()
    context: dict[str, Any] = {
        "rows": [known.line(c) for c in found.object_list],
        "page": found,
        "filter": chosen,
        "people": sorted(
            ((a, known.people.get(a, "")) for a in changes.actors()), key=lambda p: p[1]
        ),
        "kinds": [(k, words.kind(k)) for k in changes.kinds()],
        "query": request.GET.urlencode(),
        "whole": inside is None,
    }
    return page(request, "office/changes.html", context)


@require_safe
@staff_required(ACTION)
def export(request: HttpRequest, form: str) -> HttpResponse:
    """The same rows as a file, at most 20,000; that they were exported is logged itself."""
    if form not in TYPES:
        raise Http404
    chosen, inside = _filter(request), _inside(request)
    asked = chosen.asked(inside)
    if changes.count(asked) > MOST_EXPORTED:
        return render_error(request, 400)
    staff_commands.log_export(
        what=gettext("Change log"),
        since=chosen.first.isoformat() if chosen.first else "",
        until=chosen.last.isoformat() if chosen.last else "",
        form=form,
        ctx=acting(request, channel="office"),
    )
    rows = _rows(asked)
    title = gettext("Change log")
    headings = [str(h) for h in HEADINGS]
    body = workbook(title, headings, rows) if form == "xlsx" else _csv(headings, rows)
    response = HttpResponse(body, content_type=TYPES[form])
    day = clock.business_date(clock.now()).isoformat()
    name = quote(f"{title}-{day}.{form}")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _rows(asked: Asked) -> Iterator[list[str]]:
    known = _Words()
    for change in changes.find(asked, limit=MOST_EXPORTED):
        line = known.line(change)
        yield [
            f"{clock.local(change.at):%Y-%m-%d %H:%M:%S}",
            line.who,
            line.where,
            line.channel,
            line.kind,
            line.subject,
            line.act,
            "; ".join(f"{name}: {old}" for name, old, _new in line.lines if old),
            "; ".join(f"{name}: {new}" for name, _old, new in line.lines if new),
            change.why,
        ]


def _csv(headings: list[str], rows: Iterator[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    # With a byte order mark, or Excel takes it for GBK.
    return out.getvalue().encode("utf-8-sig")
