"""The forms of buying: money, suppliers, orders, receipts, invoices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shuxiang.interfaces.office.acts import KeyedForm, day_field
from shuxiang.interfaces.office.book_forms import PriceField

SOURCES = (
    ("budget", _("Budget of the library")),
    ("special", _("Special appropriation")),
    ("donated", _("Donated money")),
    ("other", _("Another source")),
)


class RateField(PriceField):
    """A rate in percent with two decimals, cleaned to hundredths of a percent."""

    def clean(self, value: Any) -> int | None:
        found = super().clean(str(value or "").replace("%", "").strip())
        if found is not None and found > 20_000:
            raise forms.ValidationError(_("A rate is from 0 to 200 percent."))
        return found


class AmountField(PriceField):
    """An amount of yuan that may be negative, cleaned to 分."""

    def clean(self, value: Any) -> int | None:
        text = str(value or "").strip()
        if text.startswith(("-", "－", "−")):
            found = super().clean(text[1:])
            return None if found is None else -found
        return super().clean(text)


def count_field(label: Any, *, least: int = 0, initial: int = 0) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=200,
        initial=initial,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class FundForm(KeyedForm):
    """A fund of a year."""

    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=_("Designation"), max_length=80)
    source = forms.ChoiceField(label=_("Where the money comes from"), choices=SOURCES)
    year = forms.IntegerField(label=_("Year"), min_value=1990, max_value=2199)
    budget_fen = PriceField(label=_("Budget in yuan"))
    fields_of = {
        "fund-exists": "code",
        "code-missing": "code",
        "name-missing": "name",
        "fund-budget": "budget_fen",
        "fund-year": "year",
    }


class BudgetForm(KeyedForm):
    """More money, or less."""

    amount_fen = AmountField(label=_("Change in yuan"), help_text=_("With a minus for less."))
    why = forms.CharField(label=_("Why"), max_length=120)
    fields_of = {"fund-budget": "amount_fen", "reason-missing": "why"}


class SupplierForm(KeyedForm):
    """Who sells."""

    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=_("Designation"), max_length=120)
    rate = RateField(label=_("Paid of the list price, in percent"), initial=10_000)
    contact = forms.CharField(label=_("Contact"), max_length=60, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    mail = forms.EmailField(label=_("Mail address"), max_length=120, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    active = forms.BooleanField(label=_("Ordered from"), required=False, initial=True)
    fields_of = {
        "supplier-exists": "code",
        "code-missing": "code",
        "name-missing": "name",
        "rate-range": "rate",
    }


class OrderForm(KeyedForm):
    """An order begun."""

    supplier = forms.ChoiceField(label=_("Supplier"))
    fund = forms.ChoiceField(label=_("Fund"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    fields_of = {"supplier-unknown": "supplier", "fund-unknown": "fund", "fund-closed": "fund"}


class LineForm(KeyedForm):
    """A title to order."""

    isbn = forms.CharField(
        label="ISBN", max_length=40, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "inputmode": "numeric"}),
    )  # fmt: skip
    title_text = forms.CharField(label=_("Title"), max_length=300, required=False,
                                 help_text=_("Left empty for a book in the catalogue: taken from there."))  # fmt: skip
    author = forms.CharField(label=_("Author"), max_length=200, required=False)
    publisher = forms.CharField(label=_("Publisher"), max_length=120, required=False)
    year = forms.CharField(label=_("Year"), max_length=20, required=False)
    price_fen = PriceField(label=_("Printed price"), required=False)
    rate = RateField(label=_("Paid of it, in percent"), required=False)
    shares = forms.CharField(
        label=_("Copies and where they go"), max_length=400, initial="1"
    )  # fmt: skip
    suggestion = forms.CharField(widget=forms.HiddenInput, max_length=32, required=False)
    fields_of = {
        "title-missing": "title_text",
        "price-missing": "price_fen",
        "copies-number": "shares",
        "place-unknown": "shares",
        "rate-range": "rate",
    }


class ReceiveForm(KeyedForm):
    """Copies of a line that came."""

    copies = count_field(_("Copies received"))
    damaged = count_field(_("Damaged, sent back"))
    category = forms.ChoiceField(label=_("Item category"))
    barcodes = forms.CharField(
        label=_("Barcodes"), required=False, max_length=10_000,
        help_text=_("Scan the labels on the books, one a line; empty: the next free ones."),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    why = forms.CharField(label=_("Why more than ordered is kept"), max_length=120, required=False)
    fields_of = {
        "receive-surplus": "why",
        "copies-number": "copies",
        "barcodes-more": "barcodes",
        "barcode-taken": "barcodes",
        "barcode-repeated": "barcodes",
        "barcode-series-off": "barcodes",
    }


class InvoiceForm(KeyedForm):
    """An invoice; how many copies of each line stands beside the line."""

    number = forms.CharField(label=_("Invoice number"), max_length=40)
    dated = day_field(_("Date of the invoice"))
    total_fen = PriceField(label=_("Total to pay"))
    freight_fen = PriceField(label=_("Freight in it"), required=False)
    why = forms.CharField(
        label=_("Why all the same"), max_length=120, required=False,
        help_text=_("Where something is asked about, such as copies not received yet."),
    )  # fmt: skip
    fields_of = {
        "invoice-number": "number",
        "invoice-exists": "number",
        "invoice-date": "dated",
        "invoice-difference": "total_fen",
    }


class ListForm(forms.Form):
    """A supplier's list."""

    file = forms.FileField(
        label=_("Spreadsheet"),
        help_text=_("xlsx, xls or csv; titles above the headings do no harm."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv,.tsv,.txt"}),
    )
