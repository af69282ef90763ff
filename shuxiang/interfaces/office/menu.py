"""What the office offers: one list that the side navigation and the home page draw.

A page of the office has one `Entry` here. It is shown to an account that holds its action where
it works; an entry whose address is not installed is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.staff import may

CIRCULATION = _("Circulation")
READERS = _("Readers")
BUYING = _("Buying and gifts")
HOLDINGS = _("Holdings")
STATISTICS = _("Statistics")
LIBRARY = _("Library")
SYSTEM = _("System")

GROUPS: tuple[str | Promise, ...] = (
    CIRCULATION,
    READERS,
    BUYING,
    HOLDINGS,
    STATISTICS,
    LIBRARY,
    SYSTEM,
)
"""The groups in the order they are shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: its group, its words, the name of its URL (without arguments), its icon (of the
    sprite), and the action one must hold at the place worked at; '' is open to all staff.
    ``whole``: the action must be held for the whole tree (`places.top`)."""

    group: str | Promise
    label: str | Promise
    url: str
    icon: str
    action: str = ""
    whole: bool = False


MENU: tuple[Entry, ...] = (
    Entry(SYSTEM, _("Backups"), "office:backups", "database", "system.backups"),
    Entry(CIRCULATION, _("Desk"), "desk:home", "barcode", "circulation.check_in"),
    Entry(CIRCULATION, _("Machines that call"), "office:machines", "bell", "places.answer_call"),
    Entry(CIRCULATION, _("Loan rules"), "office:rules", "checklist"),
    Entry(CIRCULATION, _("Offline desks"), "office:offline", "wifi-off", "circulation.enter_paper"),
    Entry(CIRCULATION, _("Group loans"), "office:groups", "users", "circulation.check_out"),
    Entry(CIRCULATION, _("Fee rules"), "office:fees", "coin-yuan", "fees.rules"),
    Entry(CIRCULATION, _("Amnesties"), "office:amnesties", "shield-check", "fees.amnesty"),
    Entry(CIRCULATION, _("Cash drawers"), "office:cash", "receipt", "fees.pay"),
    Entry(CIRCULATION, _("Cards of partners"), "office:visitors", "id", "circulation.visitors"),
    Entry(
        CIRCULATION,
        _("Taken back for partners"),
        "office:returns",
        "arrow-back-up",
        "circulation.check_in",
    ),
    Entry(
        CIRCULATION,
        _("Borrowed from partners"),
        "office:interloans",
        "book-download",
        "circulation.interloan",
    ),
    Entry(LIBRARY, _("Reading sites"), "office:reading_sites", "building-community", "drift.count"),
    Entry(CIRCULATION, _("Elsewhere"), "office:elsewhere", "search", "circulation.interloan"),
    Entry(
        LIBRARY, _("Other libraries' catalogues"), "office:harvests", "download", "exchange.edit"
    ),
    Entry(LIBRARY, _("Partner libraries"), "office:partners", "building", "exchange.edit"),
    Entry(CIRCULATION, _("On their way"), "office:transits", "truck-delivery", "circulation.pull"),
    Entry(BUYING, _("Orders"), "office:orders", "receipt", "acquisitions.view"),
    Entry(
        BUYING, _("Suggestions of readers"), "office:suggestions", "inbox", "acquisitions.decide"
    ),
    Entry(BUYING, _("Gifts of books"), "office:donations", "certificate", "acquisitions.donations"),
    Entry(BUYING, _("Periodicals and newspapers"), "office:serials", "news", "serials.view"),
    Entry(BUYING, _("Funds"), "office:funds", "coin-yuan", "acquisitions.view"),
    Entry(BUYING, _("Suppliers"), "office:suppliers", "building", "acquisitions.money"),
    Entry(HOLDINGS, _("Look up items"), "office:items", "barcode", "stock.view"),
    Entry(HOLDINGS, _("Add a book"), "office:add_book", "plus", "stock.edit"),
    Entry(HOLDINGS, _("MARC records"), "office:records", "edit", "catalog.edit"),
    Entry(
        HOLDINGS, _("Copy from other libraries"), "office:shared", "book-download", "catalog.edit"
    ),
    Entry(HOLDINGS, _("Copying targets"), "office:targets", "search", "catalog.targets"),
    Entry(HOLDINGS, _("Bulk entry"), "office:processing", "books", "stock.hand_over"),
    Entry(HOLDINGS, _("Labels"), "office:labels", "printer", "stock.labels"),
    Entry(HOLDINGS, _("Move items"), "office:move_items", "truck-delivery", "stock.move"),
    Entry(HOLDINGS, _("Withdrawals"), "office:withdrawals", "archive", "stock.view"),
    Entry(HOLDINGS, _("Rebalancing"), "office:rebalancing", "arrows-sort", "stock.rebalance"),
    Entry(HOLDINGS, _("Rotating sets"), "office:rotations", "refresh", "stock.rotate"),
    Entry(HOLDINGS, _("Inventories"), "office:inventories", "checklist", "stock.inventory"),
    Entry(HOLDINGS, _("Deliveries"), "office:deliveries", "truck-delivery", "circulation.check_in"),
    Entry(HOLDINGS, _("Floating stock"), "office:floating", "refresh", "stock.floating"),
    Entry(
        HOLDINGS,
        _("Lost and damaged"),
        "office:lost",
        "alert-triangle",
        "circulation.report_lost",
    ),
    Entry(HOLDINGS, _("Classification"), "office:classes", "category", "stock.view"),
    Entry(HOLDINGS, _("Authorities"), "office:authorities", "user", "catalog.authorities"),
    Entry(HOLDINGS, _("Batch edit"), "office:edits", "edit", "catalog.edit_batch"),
    Entry(HOLDINGS, _("Duplicates"), "office:duplicates", "books", "catalog.merge"),
    Entry(HOLDINGS, _("Book numbers"), "office:numbers", "list-details", "stock.view"),
    Entry(HOLDINGS, _("Holdings totals"), "office:holdings", "books", "stock.view"),
    Entry(HOLDINGS, _("Books of the property"), "office:property", "notebook", "stock.view"),
    Entry(HOLDINGS, _("Imports"), "office:imports", "upload", "catalog.import"),
    Entry(
        HOLDINGS, _("Import a list"), "office:sheet_upload", "file-spreadsheet", "catalog.import"
    ),
    Entry(
        CIRCULATION,
        _("Overdue loans"),
        "office:overdue",
        "clock-exclamation",
        "circulation.overdue_list",
    ),
    Entry(CIRCULATION, _("Loans due soon"), "office:due-soon", "clock", "circulation.overdue_list"),
    Entry(STATISTICS, _("Today"), "office:home", "chart-bar"),
    Entry(
        STATISTICS, _("Day and month tables"), "office:daysheet", "calendar", "statistics.day_sheet"
    ),
    Entry(STATISTICS, _("Loan ranking"), "office:ranking", "books", "statistics.day_sheet"),
    Entry(STATISTICS, _("Visits"), "office:visits", "door-enter", "statistics.enter_visits"),
    Entry(
        STATISTICS,
        _("Gates and people inside"),
        "office:gates",
        "door-enter",
        "statistics.enter_visits",
    ),
    Entry(STATISTICS, _("Count by hand"), "office:pad", "plus", "visits.count"),
    Entry(STATISTICS, _("Annual report"), "office:report", "report-analytics", "statistics.view"),
    Entry(STATISTICS, _("Published editions"), "office:editions", "archive", "statistics.view"),
    Entry(LIBRARY, _("Places and calendars"), "office:places", "building", "places.edit"),
    Entry(LIBRARY, _("Operating phases"), "office:phases", "calendar-x", "phases.edit"),
    Entry(
        LIBRARY,
        _("Public holidays"),
        "office:holidays",
        "calendar-event",
        "places.edit",
        whole=True,
    ),
    Entry(
        READERS,
        _("Reader categories"),
        "office:reader_categories",
        "users",
        "patrons.edit_categories",
        whole=True,
    ),
    Entry(
        HOLDINGS,
        _("Item categories"),
        "office:item_categories",
        "category",
        "stock.edit_categories",
        whole=True,
    ),
    Entry(
        HOLDINGS,
        _("Spellings of one word"),
        "office:variants",
        "search",
        "catalog.edit_variants",
        whole=True,
    ),
    Entry(SYSTEM, _("Devices"), "office:devices", "barcode", "places.devices"),
    Entry(READERS, _("Notices"), "office:notices", "bell", "notices.manage"),
    Entry(SYSTEM, _("Staff accounts"), "office:accounts", "user-circle", "staff.edit"),
    Entry(SYSTEM, _("Roles"), "office:roles", "shield-check", "staff.edit"),
    Entry(SYSTEM, _("Change log"), "office:changes", "history", "audit.view"),
    Entry(LIBRARY, _("Announcements"), "office:news", "news", "places.announce"),
    Entry(LIBRARY, _("About the library"), "office:about", "building-community", "places.announce"),
)


def offered(
    request: HttpRequest, entries: Sequence[Entry] = MENU
) -> list[tuple[str | Promise, list[Entry]]]:
    """The entries open to the signed-in account where it works, by group, empty groups left out."""
    shown = [entry for entry in entries if _open(request, entry) and _installed(entry.url)]
    grouped = [(group, [e for e in shown if e.group is group]) for group in GROUPS]
    return [(group, found) for group, found in grouped if found]


def _open(request: HttpRequest, entry: Entry) -> bool:
    where = places.top().id if entry.whole else None
    return not entry.action or may(request, entry.action, where)


def _installed(url: str) -> bool:
    try:
        reverse(url)
    except NoReverseMatch:
        return False
    return True
