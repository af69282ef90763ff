"""About the library: 本馆概况, sites and hours, rules, 办证须知, announcements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.phases import queries as phases
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.portal import sites, terms
from shuxiang.kernel import clock

NEWS_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """What the records say of the library: 种, 册, places by kind, cards valid."""

    titles: int
    items: int
    branches: int
    points: int
    cards: int


@lru_cache(maxsize=4)
def _figures(on: date, hour: int) -> Figures:
    """Counted once an hour: they go through every item."""
    kinds = [p.kind for p in places.all_places()]
    return Figures(
        stock.held_titles(),
        sum(h.items for h in stock.holdings()),
        kinds.count("branch"),
        kinds.count("service_point"),
        patrons.cards_valid(on, [p.id for p in places.all_places()]),
    )


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """本馆概况: the library's own words, and figures that are counted."""
    local = clock.local(clock.now())
    main = places.main_library()
    context = {
        "main": main,
        "text": places.page_texts("about").get(main.id, ""),
        "figures": _figures(local.date(), local.hour),
        "as_of": local.replace(minute=0, second=0, microsecond=0),
    }
    return render(request, "portal/about.html", context)


@require_safe
def places_(request: HttpRequest) -> HttpResponse:
    """Every site: address, phone, this week's hours, open or closed now."""
    now = clock.now()
    context = {
        "sites": sites.sites(now),
        "ahead": sites.ahead(now),
        "today": clock.business_date(now),
        "now": now,
    }
    return render(request, "portal/places.html", context)


@require_safe
def opening(request: HttpRequest) -> HttpResponse:
    """开放安排: the operating phases in force and about to be, written out from their records."""
    today = clock.business_date(clock.now())
    rows = [
        (phase, places.place(phase.place).name, [(n, phase.hours[n]) for n in sorted(phase.hours)])
        for phase in phases.public(today)
    ]
    return render(request, "portal/opening.html", {"rows": rows, "today": today})


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """借阅规则, written out from the rules in force and those announced."""
    today = clock.business_date(clock.now())
    return render(request, "portal/rules.html", {"tables": terms.tables(today), "today": today})


@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """办证须知, written out from the reader categories."""
    context = {
        "categories": patrons.categories(),
        "by_law": patrons.GUARDIAN_BY_LAW,
        "adult": patrons.ADULT,
        "renewable": patrons.RENEWABLE_DAYS,
        "today": clock.business_date(clock.now()),
    }
    return render(request, "portal/card.html", context)


@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """公告 in force, the newest first."""
    today = clock.business_date(clock.now())
    paginator = Paginator(_InForce(today), NEWS_A_PAGE)
    typed = request.GET.get("page", "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    if not 1 <= number <= paginator.num_pages:
        return redirect("portal:news")
    page: Page[places.AnnouncementView] = paginator.page(number)
    rows = [(one, site_names(one)) for one in page.object_list]
    return render(request, "portal/news.html", {"page": page, "rows": rows})


class _InForce:
    """The announcements of a day as a sequence that reads a page at a time."""

    def __init__(self, on: date) -> None:
        self.on = on

    def count(self) -> int:
        return places.count_announcements(self.on)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> tuple[places.AnnouncementView, ...]:
        start = part.start or 0
        return places.announcements(self.on, offset=start, limit=part.stop - start)


def site_names(one: places.AnnouncementView) -> list[str]:
    """The sites an announcement is about; none named where it is about the whole library."""
    main = places.main_library()
    named = [p for p in places.all_places() if p.id in one.places]
    return [] if any(p.contains(main) for p in named) else [p.name for p in named]


@require_safe
def announcement(request: HttpRequest, announcement_id: str) -> HttpResponse:
    """One announcement; one that is over says so, one still to come is not shown."""
    one = places.announcement(announcement_id)
    today = clock.business_date(clock.now())
    if one is None or one.first_day > today:
        raise Http404
    context = {"one": one, "sites": site_names(one), "over": not one.in_force(today)}
    return render(request, "portal/announcement.html", context)


def first_news(at: datetime, most: int = 3) -> list[places.AnnouncementView]:
    """The newest announcements, for the home page."""
    return list(places.announcements(clock.business_date(at), limit=most))
