"""The screen a librarian works in all day."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.documents.barcodes import code128
from shuxiang.interfaces.common.scanbox import COMMAND_BARCODES, scanbox_config
from shuxiang.interfaces.common.staff import service_point, staff_required
from shuxiang.interfaces.desk.answers import MODES
from shuxiang.interfaces.desk.counts import strip_context
from shuxiang.interfaces.desk.lock import DESK_RIGHT
from shuxiang.interfaces.desk.reader import NOBODY, Held, panel_context
from shuxiang.interfaces.desk.views.pages import show

DESK = DESK_RIGHT

MODULE_MM = 0.33
"""The narrowest bar: what any scanner reads from any printer (GS1's X-dimension for print)."""

COMMAND_WORDS = {
    "*BORROW*": _("Lend"),
    "*RETURN*": _("Return"),
    "*RENEW*": _("Renew"),
    "*READER*": _("Reader"),
    "*INHOUSE*": _("Read in house"),
    "*NEXT*": _("Next reader"),
    "*UNDO*": _("Undo the last"),
    "*SLIP*": _("Slip"),
    "*ITEM*": _("Look up a book"),
    "*CLERK*": _("Change of clerk"),
    "*LOCK*": _("Lock"),
}


def page(
    request: HttpRequest,
    *,
    held: Held = NOBODY,
    mode: str = "checkout",
    result: dict[str, str] | None = None,
    log_rows: tuple[str, ...] = (),
    prompt_html: str = "",
    slip_html: str = "",
    panel_html: str = "",
) -> HttpResponse:
    """The whole screen: on arrival, and as the answer to a form sent without script."""
    return show(
        request,
        "desk/home.html",
        {
            "scanbox": scanbox_config(
                request,
                url=reverse("desk:scan"),
                store=str(request.user.pk),
                state=held.token(),
                modes=MODES,
                login_url=reverse("staff:login"),
            ),
            "scan_modes": MODES,
            "scan_mode": mode,
            "scan_state": held.token(),
            "result": result or {"kind": "idle"},
            "log_rows": log_rows,
            "prompt_html": prompt_html,
            "slip_html": slip_html,
            "panel_html": panel_html,
            "paper_open": circulation.paper_open(service_point(request).id),
            **strip_context(request),
            **panel_context(request, held),
        },
    )


@require_GET
@staff_required(DESK)
def home(request: HttpRequest) -> HttpResponse:
    """A fresh desk, or one with the reader of ``?card=`` at it."""
    cards = [
        c
        for c in patrons.card_for_loan(request.GET.get("card", ""))
        if c.status in ("active", "lost") and request.GET.get("library", c.library) == c.library
    ]
    held = Held(cards[0].number, cards[0].library) if len(cards) == 1 else NOBODY
    return page(request, held=held)


@require_GET
@staff_required(DESK)
def command_sheet(request: HttpRequest) -> HttpResponse:
    """A sheet of command barcodes to print and keep beside the scanner."""
    codes = [(code, COMMAND_WORDS[code], _bars(code128(code))) for code in COMMAND_BARCODES]
    return show(request, "desk/commands.html", {"codes": codes})


def _bars(modules: tuple[int, ...]) -> dict[str, object]:
    """Bars of a Code 128 as rectangles in modules: alternate widths, bar first."""
    x, bars = 10, []
    for n, width in enumerate(modules):
        if n % 2 == 0:
            bars.append((x, width))
        x += width
    width = x + 10
    return {"bars": bars, "width": width, "millimetres": f"{width * MODULE_MM:.2f}"}
