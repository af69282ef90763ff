"""The forms of books: the short record, the copies, and what is asked on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Place
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.books import Copies, Shelving
from shuxiang.formats.identifiers import price_fen
from shuxiang.kernel.decision import Decision, Severity
from shuxiang.kernel.values import yuan

SOURCES = (
    ("purchase", _("Purchase")),
    ("gift", _("Gift")),
    ("deposit", _("On deposit")),
    ("replacement", _("Given in place of a lost copy")),
)
STATUSES = (("available", _("May be lent at once")), ("in_processing", _("Still being processed")))
AUDIENCES = (
    ("em", _("Everybody")),
    ("b", _("Up to 5 years")),
    ("c", _("5 to 10 years")),
    ("d", _("9 to 14 years")),
    ("e", _("14 to 20 years")),
)


class PriceField(forms.CharField):
    """A price in yuan as it is printed; cleaned to 分, None where nothing was written."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=40, widget=widget, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        fen = price_fen(text)
        if fen is None:
            raise forms.ValidationError(_("Write the price in yuan, such as 29.80."))
        return fen

    def prepare_value(self, value: Any) -> Any:
        return yuan(value) if isinstance(value, int) else value


def _text(label: Any, most: int, *, required: bool = False, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(
        label=label, max_length=most, required=required, help_text=help_text, widget=widget
    )


class ShortForm(forms.Form):
    """The short record."""

    title = _text(_("Title"), 500, required=True)
    responsibility = _text(
        _("Responsibility"),
        500,
        help_text=_("As on the title page, statements between semicolons: 余华著；张三绘"),
    )
    publisher = _text(_("Publisher"), 200)
    publication_place = _text(_("Place of publication"), 120)
    date = _text(_("Year"), 40)
    isbn = _text(_("ISBN or 统一书号"), 40)
    clc = _text(_("Class number"), 60)
    subtitle = _text(_("Other title information"), 500)
    part_number = _text(_("Part number"), 60)
    part_name = _text(_("Part title"), 120)
    edition = _text(_("Edition"), 120)
    extent = _text(_("Extent"), 120)
    dimensions = _text(_("Dimensions"), 60)
    series = _text(_("Series"), 200)
    series_volume = _text(_("Number in the series"), 40)
    audience = forms.ChoiceField(label=_("Meant for"), choices=AUDIENCES, required=False)
    keywords = _text(_("Keywords"), 300, help_text=_("Between semicolons."))
    abstract = forms.CharField(
        label=_("Abstract"),
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    main = ("title", "responsibility", "publisher", "publication_place", "date", "clc", "isbn")

    def short(self, price: int | None) -> ShortRecord:
        """What was typed. Call after `is_valid`."""
        values = {name: self.cleaned_data[name] for name in self.fields if name in _SHORT}
        values["audience"] = values["audience"] or "em"
        return ShortRecord(**values | {"price_fen": price})

    def first(self) -> list[forms.BoundField]:
        """The fields nearly every book needs."""
        return [self[name] for name in self.main]

    def further(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in _SHORT and name not in self.main]


_SHORT = frozenset(asdict(ShortRecord(title="")))


class CorrectionForm(ShortForm):
    """A correction of a title: with its price, and the record it was made from."""

    price = PriceField(label=_("Price"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


def shelves(sites: Sequence[Place]) -> list[tuple[str, str]]:
    """Where a copy can stand: ``place code:location code`` with words, sites without locations by
    themselves."""
    by_place: dict[str, list[places.Location]] = {}
    for location in places.locations([p.id for p in sites]):
        by_place.setdefault(location.place, []).append(location)
    found = []
    for site in sites:
        rooms = by_place.get(site.id, [])
        found += [(f"{site.code}:{room.code}", f"{site.name} · {room.name}") for room in rooms]
        if not rooms:
            found.append((f"{site.code}:", site.name))
    return found


def shelf(value: str) -> tuple[str, str | None]:
    """(place id, location id) of a choice of `shelves`."""
    code, _colon, room = value.partition(":")
    place = places.place_by_code(code)
    rooms = {row.code: row.id for row in places.locations([place.id])}
    return place.id, rooms.get(room)


def age_mark_field() -> forms.ChoiceField:
    """An age mark; its choices are `age_marks`."""
    return forms.ChoiceField(
        label=_("Age mark"),
        required=False,
        help_text=_("Not lent to younger readers; the desk may make an exception."),
    )


def age_marks(place: str, now: int | None) -> list[tuple[str, Any]]:
    """The marks the library offers at a place (setting ``lending.age_marks``), and the one there."""
    said = str(places.setting(place, "lending.age_marks").value)
    ages = {int(text) for text in re.split(r"\D+", said) if text and len(text) < 4}
    ages = {age for age in ages if 0 < age <= catalog.MOST_AGE_MARK} | ({now} if now else set())
    return [
        ("", _("None")),
        *((str(age), gettext("from %(n)s years") % {"n": age}) for age in sorted(ages)),
    ]


def within(request: HttpRequest, sites: Sequence[Place]) -> bool:
    """Whether the place a posted form names is one of those open to the clerk."""
    code = request.POST.get("where", "").partition(":")[0]
    return not code or any(p.code == code for p in sites)


class CopiesForm(forms.Form):
    """The copies to add."""

    where = forms.ChoiceField(label=_("Goes to"))
    category = forms.ChoiceField(label=_("Item category"))
    source = forms.ChoiceField(label=_("Source"), choices=(("", "—"), *SOURCES))
    price = PriceField(label=_("Price"), help_text=_("In yuan; 0 for a gift without a price."))
    count = forms.IntegerField(
        label=_("Number of copies"),
        min_value=1,
        max_value=200,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    volume = _text(_("Part or volume"), 60)
    accession_number = _text(_("Accession number"), 40)
    status = forms.ChoiceField(label=_("State"), choices=STATUSES, required=False)
    barcodes = forms.CharField(
        label=_("Barcodes"),
        required=False,
        max_length=10_000,
        help_text=_("Scan the labels on the books, one a line; empty: the next free ones."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    how = forms.ChoiceField(label=_("Call number"), widget=forms.RadioSelect, initial="new")
    class_number = _text(
        _("Another class number"), 60, help_text=_("Only where it differs from the record's.")
    )
    book_number = _text(_("Book number by hand"), 20)
    auxiliary = _text(
        _("Auxiliary mark"),
        20,
        help_text=_("Empty: by the library's signs for volume and edition; - for none."),
    )
    why = _text(_("Why all the same"), 120)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self,
        *args: Any,
        sites: Sequence[Place],
        proposals: Sequence[stock.Proposal] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choices("where", shelves(sites))
        self._choices("category", [(code, name) for code, name, _lend in stock.categories()])
        numbered = catalog.author_table_size() > 0
        offered = [(f"reuse:{p.title}", _proposal_words(p)) for p in proposals]
        self._choices(
            "how",
            [
                *offered,
                ("new", _("The next number of the class")),
                ("gap", _("The lowest free number of the class")),
                *([("author", _("The author number of the table"))] if numbered else []),
                ("typed", _("The number written by hand below")),
                ("none", _("Later")),
            ],
        )

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def copies(self) -> Copies:
        """What was typed. Call after `is_valid`."""
        data = self.cleaned_data
        place, location = shelf(data["where"])
        how, _colon, reuse = data["how"].partition(":")
        return Copies(
            place=place,
            location=location,
            category=data["category"],
            source=data["source"],
            price_fen=data["price"],
            count=data["count"],
            barcodes=tuple(data["barcodes"].split()),
            volume=data["volume"],
            accession_number=data["accession_number"],
            status=data["status"] or "available",
            shelving=Shelving(
                how=how,
                class_number=data["class_number"],
                book_number=data["book_number"],
                reuse_of=reuse,
                auxiliary=data["auxiliary"],
            ),
        )


def _proposal_words(proposal: stock.Proposal) -> str:
    if proposal.same:
        said = _("%(number)s, where this title stands")
    else:
        said = _("%(number)s, where %(title)s stands")
    text = " ".join(
        str(part) for part in (proposal.title_text, proposal.edition, proposal.year) if part
    )
    return said % {"number": proposal.call_number, "title": text}


def asked(decision: Decision) -> tuple[str, ...]:
    """The codes of a refusal that only ask; empty when something else stands against the act too."""
    refusing = decision.refusing
    if any(r.severity is not Severity.ASK for r in refusing if r.code != "override-without-why"):
        return ()
    return tuple(r.code for r in refusing if r.severity is Severity.ASK)
