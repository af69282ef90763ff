"""Lists that suppliers send, looked at before anything is done; and the order as a list to send."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from shuxiang.apps.acquisitions import commands, queries
from shuxiang.apps.acquisitions.commands import NewLine
from shuxiang.apps.acquisitions.queries.lists import ListedBook, read_list
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.documents.lists import ItemList
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.library import library_name
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.office.acts import press
from shuxiang.interfaces.office.buying_forms import ListForm
from shuxiang.interfaces.office.pages import page
from shuxiang.interfaces.office.scan_lists import printed, tidy
from shuxiang.interfaces.office.views.buying import ORDER, RECEIVE, VIEW, found_order
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.values import yuan

SALT = "order-list-"


@require_POST
@staff_required(VIEW)
def import_list(request: HttpRequest, order_id: str) -> HttpResponse:
    """A supplier's list: looked at first; then ordered on a draft, or received of an order placed."""
    found = found_order(request, order_id)
    if isinstance(found, HttpResponse):
        return found
    action = ORDER if found.state == "draft" else RECEIVE
    if found.state not in ("draft", "placed") or not may(request, action, found.place):
        return render_error(request, 403)
    books: tuple[ListedBook, ...] = ()
    problem: list[str] = []
    if "rows" in request.POST:
        try:
            text = signing.loads(request.POST["rows"], salt=SALT + order_id, max_age=7200)
            books = msgspec.convert(text, tuple[ListedBook, ...])
        except (signing.BadSignature, msgspec.ValidationError):
            problem = [gettext("The list was looked at too long ago: choose the file again.")]
        else:
            return _carry_out(request, found, books)
    else:
        form = ListForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                books = read_list(file.read(), file.name or "")
            except Refused as refused:
                problem = refusal(refused.decision)
        else:
            problem = [gettext("Choose a file.")]
    if problem:
        messages.error(request, " ".join(problem))
        return redirect("office:order", order_id=order_id)
    rows = _looked_at(found, books)
    context = {
        "order": found,
        "rows": rows,
        "good": sum(not r["problem"] for r in rows),
        "copies": sum(r["book"].copies for r in rows if not r["problem"]),
        "list_fen": sum(
            (r["book"].price_fen or 0) * r["book"].copies for r in rows if not r["problem"]
        ),
        "packed": signing.dumps(msgspec.to_builtins(books), salt=SALT + order_id, compress=True),
        "placed": found.state == "placed",
    }
    return page(request, "office/order_list.html", context)


PROBLEMS = {
    "isbn": _("The ISBN is wrong; ordered as written"),
    "title": _("No title"),
    "price": _("No price"),
    "copies": _("No number of copies"),
    "not-ordered": _("Not on this order"),
    "surplus": _("More than is waited for"),
    "library": _("Unknown site"),
}


def _looked_at(order_: queries.OrderView, books: tuple[ListedBook, ...]) -> list[dict[str, Any]]:
    sites = {key: p.id for p in places.all_places() for key in (p.code, p.name)}
    rows = []
    left: dict[str, int] = {}
    for book in books:
        titles = catalog.by_identifier(book.isbn, "isbn") if book.isbn else ()
        held = sum(len(v) for v in stock.items_of([t.id for t in titles]).values())
        problem, line = book.problem, None
        if order_.state == "placed":
            lines = [
                x for x in queries.find_lines(order_.id, book.isbn)
                if book.price_fen in (None, x.price_fen)
            ]  # fmt: skip
            line = lines[0] if lines else None
            problem = "" if problem in ("isbn", "price", "title") else problem
            if line is None:
                problem = "not-ordered"
            elif left.setdefault(line.id, line.waiting) < book.copies:
                problem = "surplus"
            else:
                left[line.id] -= book.copies
        elif book.library and book.library not in sites:
            problem = "library"
        rows.append(
            {
                "book": book,
                "held": held,
                "line": line,
                "place": sites.get(book.library, order_.place),
                "problem": problem if problem != "isbn" else "",
                "said": PROBLEMS.get(problem, ""),
            }
        )
    return rows


def _carry_out(
    request: HttpRequest, order_: queries.OrderView, books: tuple[ListedBook, ...]
) -> HttpResponse:
    rows = [r for r in _looked_at(order_, books) if not r["problem"]]
    if order_.state == "draft":
        lines = tuple(
            NewLine(
                title_text=r["book"].title_text, author=r["book"].author, publisher=r["book"].publisher,
                year=r["book"].year, isbn=r["book"].isbn, price_fen=r["book"].price_fen,
                rate=r["book"].rate, shares={r["place"]: r["book"].copies},
            )
            for r in rows
        )  # fmt: skip
        said = gettext("%(n)s titles are on the order.") % {"n": len(lines)}
        press(request, lambda ctx: commands.add_lines(order=order_.id, lines=lines, ctx=ctx), said)
        return redirect("office:order", order_id=order_.id)

    def take(ctx: Context) -> None:
        for n, r in enumerate(rows):
            commands.receive(line=r["line"].id, copies=r["book"].copies, ctx=ctx.with_key(str(n)))

    said = gettext("%(n)s titles of the list are received.") % {"n": len(rows)}
    press(request, take, said)
    return redirect("office:order", order_id=order_.id)


@require_safe
@staff_required(VIEW)
def print_order(request: HttpRequest, order_id: str) -> HttpResponse:
    """The order to send to the supplier."""
    found = found_order(request, order_id)
    if isinstance(found, HttpResponse):
        return found
    names = {p.id: p.name for p in places.all_places()}
    lines = queries.lines([order_id])
    made = ItemList(
        title="图书征订单",
        library_name=library_name(places.place(found.place).library),
        facts=tidy(
            {
                "单号": found.number,
                "书商": found.supplier_name,
                "经费": found.fund_name,
                "收货": names.get(found.place, ""),
                "日期": local_date(clock.business_date(found.placed_at or found.opened_at)),
                "种册": f"{found.titles} 种 {found.copies} 册",
                "码洋": f"{yuan(found.list_fen)} 元",
                "实洋": f"{yuan(found.net_fen)} 元",
                "备注": found.note,
            }
        ),
        columns=("ISBN", "题名", "出版者", "定价", "册", "分配"),
        widths=(4, 7, 4, 2, 1, 4),
        rows=[
            (
                x.isbn, x.title_text, x.publisher, yuan(x.price_fen), str(x.ordered - x.cancelled),
                " ".join(f"{names.get(s.place, '')}{s.copies}" for s in x.shares),
            )
            for x in lines
        ],
        signatures=("经办人", "审核人"),
        printed_at=clock.local(clock.now()),
        unit="种",
    )  # fmt: skip
    return printed(made, found.number)
