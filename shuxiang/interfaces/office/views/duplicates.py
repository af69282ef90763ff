"""疑似重复: the queue, two records side by side, merging and taking a merge back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import duplicates as searching
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.staff import queries as accounts
from shuxiang.apps.stock import queries as stock
from shuxiang.formats.marc import DataField, Record
from shuxiang.formats.marc.model import ControlField
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.common.words import yuan
from shuxiang.interfaces.office.acts import press
from shuxiang.interfaces.office.book_forms import AUDIENCES, ShortForm
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id

ACTION = "catalog.merge"
SHOWN = 50

PARTS: dict[str, str | Promise] = {
    "isbn": _("same ISBN"),
    "unified": _("same unified book number"),
    "title": _("same title"),
    "title-similar": _("similar title"),
    "title-other": _("another title"),
    "author": _("same author"),
    "author-other": _("another author"),
    "publisher": _("same publisher"),
    "publisher-other": _("another publisher"),
    "year": _("same year"),
    "year-other": _("another year"),
    "pages": _("same number of pages"),
    "pages-other": _("another number of pages"),
}
LISTS: dict[str, str | Promise] = {
    "open": _("To be looked at"),
    "differ": _("Not the same"),
    "merged": _("Merged"),
}
STATES: dict[str, str | Promise] = {
    "queued": _("Waits for the background service"),
    "running": _("Being searched"),
    "done": _("Finished"),
    "stopped": _("Stopped"),
}


def why_words(why: Sequence[tuple[str, int]]) -> list[tuple[str | Promise, int]]:
    """The parts of a score in words."""
    return [(PARTS.get(name, name), points) for name, points in why]


class _Pairs(Sequence[catalog.DuplicateView]):
    """The pairs in a state, read page by page."""

    def __init__(self, state: str, count: int) -> None:
        self.state, self.count_ = state, count

    def __len__(self) -> int:
        return self.count_

    def __getitem__(self, at: Any) -> Any:
        first = at.start or 0
        return catalog.duplicates(self.state, offset=first, limit=at.stop - first)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def queue(request: HttpRequest) -> HttpResponse:
    """The pairs in one state, and how the last search went; a button to search again."""
    if request.method == "POST":
        press(
            request,
            lambda ctx: searching.begin_search(queued=True, ctx=ctx),
            gettext("The search for duplicates begins; the list fills as it goes on."),
        )
        return redirect("office:duplicates")
    state = request.GET.get("state", "open")
    state = state if state in LISTS else "open"
    counts = catalog.duplicate_counts()
    shown = Paginator(_Pairs(state, counts.get(state, 0)), SHOWN).get_page(request.GET.get("page"))
    pairs = list(shown.object_list)
    named = catalog.titles({i for p in pairs for i in (p.first, p.second)})
    people = {a.id: a.name for a in accounts.accounts()}
    search = catalog.newest_search()
    context = {
        "rows": [
            (p, named[p.first], named[p.second], why_words(p.why), people.get(p.decided_by, ""))
            for p in pairs
        ],
        "state": state,
        "lists": [(code, words, counts.get(code, 0)) for code, words in LISTS.items()],
        "page": shown,
        "search": search,
        "search_state": STATES[search.state] if search else "",
        "merges": [(m, people.get(m.merged_by, "")) for m in catalog.merges(20)]
        if state == "merged"
        else (),
        "key": new_id(),
    }
    return page(request, "office/duplicates.html", context)


@require_safe
@staff_required(ACTION)
def beside(request: HttpRequest, title_id: str) -> HttpResponse:
    """Find the other record by barcode, ISBN or address, to compare it with one."""
    title = catalog.title(title_id)
    if title is None:
        raise Http404
    text = request.GET.get("q", "").strip()[:80]
    other = next((i for i in _meant(text) if i not in (title.id, title.alias_of)), "")
    if not other:
        messages.error(request, gettext("No other title has this barcode or number."))
        return redirect("office:book", title_id=title_id)
    return redirect("office:compare_titles", first=title_id, second=other)


def _meant(text: str) -> list[str]:
    if not text:
        return []
    tail = text.rstrip("/").rpartition("/")[2]
    by_address = catalog.title(tail)
    if by_address is not None:
        return [by_address.id]
    copies = [i.title for i in stock.items_by_barcode(text)]
    return copies or [t.id for t in catalog.by_identifier(text)]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records: the title, its record, what hangs on it."""

    title: catalog.TitleView
    record: Record | None
    copies: int
    holds: int
    loans: int
    fields: int


def _sides(ids: Sequence[str]) -> list[Side]:
    views = catalog.titles(ids)
    if len(views) != len(ids):
        raise Http404
    items = stock.items_of(ids, withdrawn=True)
    holds = circulation.waiting_by_title(ids)
    loans = circulation.loans_by_title(ids)
    found = []
    for id_ in ids:
        source = catalog.source(id_)
        record = catalog.marc(source) if source else None
        found.append(
            Side(
                views[id_],
                record,
                len(items.get(id_, ())),
                holds.get(id_, 0),
                loans.get(id_, 0),
                len(record.fields) if record else 0,
            )
        )
    return found


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def compare(request: HttpRequest, first: str, second: str) -> HttpResponse:
    """Two records side by side; the left one is kept. Merged, or remembered as different."""
    if first == second:
        raise Http404
    kept, lost = sides = _sides((first, second))
    if request.method == "POST":
        if _act(request, kept.title, lost.title):
            return redirect("office:duplicates")
        return redirect("office:compare_titles", first=first, second=second)
    proposed = catalog.survivor(*[_candidate(side) for side in sides])
    known = catalog.duplicate_of(first, second)
    rows = _described(sides)
    context = {
        "kept": kept,
        "lost": lost,
        "proposed": proposed == kept.title.id,
        "pair": known,
        "why": why_words(known.why) if known else (),
        "rows": rows,
        "fields": _fields(kept.record, lost.record) if kept.record and lost.record else [],
        "merged": any(side.title.alias_of for side in sides),
        "key": new_id(),
    }
    return page(request, "office/compare_titles.html", context)


def _candidate(side: Side) -> catalog.Candidate:
    return catalog.Candidate(side.title.id, side.copies, side.holds, side.fields)


def _act(request: HttpRequest, kept: catalog.TitleView, lost: catalog.TitleView) -> bool:
    if request.POST.get("act") == "differ":
        return press(
            request,
            lambda ctx: searching.titles_differ(first=kept.id, second=lost.id, ctx=ctx),
            gettext("Remembered: these are two publications."),
        )
    if request.POST.get("act") == "again":
        pair = catalog.duplicate_of(kept.id, lost.id)
        known = pair.id if pair else ""
        return press(
            request,
            lambda ctx: searching.ask_again(duplicate=known, ctx=ctx),
            gettext("The pair stands in the queue again."),
        )
    take = tuple(tag for tag in request.POST.getlist("take") if len(tag) == 3)

    def merge(ctx: Context) -> str:
        return titles.merge_titles(survivor=kept.id, lost=lost.id, take=take, ctx=ctx)

    return press(request, merge, gettext("Merged: %(title)s") % {"title": kept.full_title})


def _described(sides: Sequence[Side]) -> list[tuple[str | Promise, str, str, bool]]:
    """(field, left, right, whether they differ) of the short description."""
    left, right = (_short(side.title.id) for side in sides)
    labels: dict[str, Any] = {n: f.label for n, f in ShortForm.base_fields.items()}
    labels["price_fen"] = _("Price")
    rows = []
    for name, one in left.items():
        other = right.get(name, "")
        if one or other:
            rows.append((labels.get(name, name), one, other, one != other))
    return rows


def _short(title: str) -> dict[str, str]:
    described = catalog.bibliographic(title)
    if described is None:
        return {}
    values = asdict(catalog.short_of(described))
    price = values["price_fen"]
    values["price_fen"] = "" if price is None else yuan(price)
    values["audience"] = str(dict(AUDIENCES).get(values["audience"], ""))
    return {name: str(value or "") for name, value in values.items()}


def _fields(kept: Record, lost: Record) -> list[dict[str, Any]]:
    offered = set(catalog.fields_offered(kept, lost))
    tags = sorted({f.tag for f in (*kept.fields, *lost.fields)})
    return [
        {
            "tag": tag,
            "kept": [field_text(f) for f in kept.get(tag)],
            "lost": [field_text(f) for f in lost.get(tag)],
            "offered": tag in offered,
        }
        for tag in tags
        if [field_text(f) for f in kept.get(tag)] != [field_text(f) for f in lost.get(tag)]
    ]


def field_text(field: ControlField | DataField) -> str:
    """A field as cataloguers write it: ``1 $a红楼梦$f曹雪芹著``."""
    if isinstance(field, ControlField):
        return field.data
    return field.indicators + "".join(f"${code}{value}" for code, value in field.subfields)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def merge(request: HttpRequest, merge_id: str) -> HttpResponse:
    """One merge: what it moved, and taking it back."""
    found = catalog.merge(merge_id)
    if found is None:
        raise Http404
    if request.method == "POST":
        press(
            request,
            lambda ctx: titles.undo_merge(merge=merge_id, ctx=ctx),
            gettext("The merge is taken back: both titles are as before."),
        )
        return redirect(reverse("office:merge", args=[merge_id]))
    people = {a.id: a.name for a in accounts.accounts()}
    moved = catalog.merge_moved_counts(merge_id)
    context = {
        "one": found,
        "moved": [
            (words, moved[kind])
            for kind, words in (
                ("item", _("Copies")),
                ("loan", _("Loans")),
                ("queue", _("Holds in the queue")),
                ("hold-ended", _("Holds given up because the reader had one on both")),
                ("transit", _("On their way")),
                ("lost-case", _("Lost and damaged")),
                ("named", _("Orders, subscriptions and other rows")),
            )
            if moved.get(kind)
        ],
        "merged_by": people.get(found.merged_by, ""),
        "undone_by": people.get(found.undone_by, ""),
        "key": new_id(),
    }
    return page(request, "office/merge.html", context)
