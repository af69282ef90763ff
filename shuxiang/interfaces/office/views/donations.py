"""赠书: the ledger of gifts, their books, certificates."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.acquisitions import commands, queries
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.books import NONE, Copies, Shelving
from shuxiang.apps.stock.commands.moving import meant
from shuxiang.documents.certificates import Certificate, certificate_pdf
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.library import library_name
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, places_open_to, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.acts import FAULTS, KeyedForm, attempt, busy, day_field, press
from shuxiang.interfaces.office.book_forms import PriceField, shelf, shelves
from shuxiang.interfaces.office.buying_forms import count_field
from shuxiang.interfaces.office.pages import chosen_year, page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = "acquisitions.donations"
KINDS = (("person", _("A person")), ("organisation", _("An organisation")))


class DonationForm(KeyedForm):
    """Who gave."""

    giver = forms.CharField(label=_("Giver"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind of giver"), choices=KINDS)
    given_on = day_field(_("Given on"))
    contact = forms.CharField(label=_("Contact"), max_length=120, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    anonymous = forms.BooleanField(
        label=_("Wishes to stay unnamed"), required=False,
        help_text=_("The certificate says “a kind person”; the name stays in the office."),
    )  # fmt: skip
    public = forms.BooleanField(label=_("Agrees to be thanked by name in public"), required=False)
    fields_of = {
        "name-missing": "giver",
        "donation-date": "given_on",
        "donation-anonymous": "anonymous",
    }


class GiftForm(KeyedForm):
    """Books of a gift: of a title by ISBN, or described in short; or an item entered already."""

    barcode = forms.CharField(
        label=_("Barcode of a book entered already"), max_length=60, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    isbn = forms.CharField(label="ISBN", max_length=40, required=False)
    title = forms.CharField(label=_("Title"), max_length=300, required=False)
    author = forms.CharField(label=_("Author"), max_length=200, required=False)
    publisher = forms.CharField(label=_("Publisher"), max_length=120, required=False)
    price = PriceField(
        label=_("Price"),
        help_text=_("In yuan; 0 for a gift without a price; empty: the price in its record."),
        required=False,
    )
    count = count_field(_("Number of copies"), least=1, initial=1)
    where = forms.ChoiceField(label=_("Goes to"))
    category = forms.ChoiceField(label=_("Item category"))
    barcodes = forms.CharField(
        label=_("Barcodes"), required=False, max_length=4000,
        help_text=_("Scan the labels on the books, one a line; empty: the next free ones."),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    fields_of = {
        "price-missing": "price",
        "title-missing": "title",
        "barcode-taken": "barcodes",
        "barcode-repeated": "barcodes",
        "barcode-series-off": "barcodes",
        "donation-taken": "barcode",
        "donation-source": "barcode",
        "item-unknown": "barcode",
    }


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def donations(request: HttpRequest) -> HttpResponse:
    """The gifts of a year, and a form to enter one."""
    today = clock.business_date(clock.now())
    form = DonationForm(request.POST or None, initial={"given_on": today})
    made: list[str] = []

    def act(ctx: Context) -> None:
        given = {k: v for k, v in form.cleaned_data.items() if k != "key"}
        made.append(commands.enter_donation(**given, ctx=ctx))

    if request.method == "POST" and attempt(request, form, act):
        return redirect("office:donation", donation_id=made[0])
    year = chosen_year(request, today.year)
    rows = [
        d
        for d in queries.donations([p.id for p in places_open_to(request)], year)
        if may(request, ACTION, d.place)
    ]
    good = [d for d in rows if not d.undone]
    context = {
        "form": form, "rows": rows, "year": year, "years": range(today.year, today.year - 8, -1),
        "copies": sum(d.copies for d in good), "price_fen": sum(d.price_fen for d in good),
    }  # fmt: skip
    return page(request, "office/donations.html", context, 422 if form.errors else 200)


def _found(request: HttpRequest, donation_id: str) -> queries.DonationView | HttpResponse:
    found = queries.donation(donation_id)
    if found is None:
        raise Http404
    return found if may(request, ACTION, found.place) else render_error(request, 403)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def donation(request: HttpRequest, donation_id: str) -> HttpResponse:
    """One gift with its books; more are added while it stands."""
    found = _found(request, donation_id)
    if isinstance(found, HttpResponse):
        return found
    sites = permitted_places(request, "stock.edit")
    form = GiftForm(
        request.POST or None,
        choices={
            "where": shelves(sites),
            "category": [(code, name) for code, name, _lend in stock.categories()],
        },
    )

    def add(ctx: Context) -> None:
        data = form.cleaned_data
        if data["barcode"]:
            commands.attach_gift(donation=donation_id, item=meant(data["barcode"]).id, ctx=ctx)
            return
        place, location = shelf(data["where"])
        known = catalog.by_identifier(data["isbn"], "isbn") if data["isbn"] else ()
        record = ShortRecord(
            title=data["title"], responsibility=data["author"], publisher=data["publisher"],
            isbn=data["isbn"], price_fen=data["price"],
        )  # fmt: skip
        title = (known[0].alias_of or known[0].id) if known else ""
        commands.add_gift(
            donation=donation_id,
            title=title,
            short=None if title else record,
            copies=Copies(
                place=place, location=location, category=data["category"], source="gift",
                price_fen=known[0].price_fen if known and data["price"] is None else data["price"],
                count=data["count"],
                barcodes=tuple(data["barcodes"].split()), status="in_processing",
                shelving=Shelving(how=NONE),
            ),
            ctx=ctx,
        )  # fmt: skip

    if request.method == "POST" and attempt(request, form, add):
        return redirect(request.path)
    items = [i for i in map(stock.item, queries.items_given(donation_id)) if i is not None]
    names = {t: v.full_title for t in {i.title for i in items} if (v := catalog.title(t))}
    context = {
        "donation": found, "kinds": dict(KINDS), "form": form,
        "items": [(i, names.get(i.title, "")) for i in items], "key": new_id(), "key2": new_id(),
    }  # fmt: skip
    return page(request, "office/donation.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(ACTION)
def act(request: HttpRequest, donation_id: str, name: str) -> HttpResponse:
    """The giver's wish changed, the gift undone, or its certificate as a PDF."""
    found = _found(request, donation_id)
    if isinstance(found, HttpResponse):
        return found
    why = request.POST.get("why", "")[:200]
    if name == "undo":
        press(
            request,
            lambda ctx: commands.undo_donation(donation=donation_id, why=why, ctx=ctx),
            gettext("The gift is undone and its books are taken back."),
        )
    elif name == "wish":
        wishes = {n: bool(request.POST.get(n)) for n in ("anonymous", "public")}
        press(
            request,
            lambda ctx: commands.change_donation(donation=donation_id, **wishes, ctx=ctx),
            gettext("What the giver wishes is noted."),
        )
    elif name == "certificate":
        return _certificate(request, found)
    else:
        raise Http404
    return redirect("office:donation", donation_id=donation_id)


def _certificate(request: HttpRequest, found: queries.DonationView) -> HttpResponse:
    try:
        number = commands.number_certificate(
            donation=found.id,
            ctx=acting(request, channel="office", key=request.POST.get("key", "")[:64]),
        )
    except Refused as refused:
        messages.error(request, " ".join(refusal(refused.decision)))
        return redirect("office:donation", donation_id=found.id)
    except FAULTS:
        messages.error(request, busy())
        return redirect("office:donation", donation_id=found.id)
    name = found.giver
    if found.anonymous:
        name = "热心单位" if found.kind == "organisation" else "热心人士"
    made = Certificate(
        number=f"{found.given_on.year}-{number:03d}",
        library_name=library_name(found.library),
        giver=name,
        given_on=found.given_on,
        titles=found.titles,
        copies=found.copies,
        day=clock.business_date(clock.now()),
    )
    response = HttpResponse(certificate_pdf(made), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response
