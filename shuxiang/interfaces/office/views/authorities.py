"""规范档: persons, bodies and subjects with the names that lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import authorities as commands
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id

ACTION = "catalog.authorities"
SHOWN = 50
TITLES = 50
KINDS: dict[str, str | Promise] = {
    "person": _("Personal name"),
    "body": _("Corporate body"),
    "subject": _("Subject"),
}


class NamesForm(KeyedForm):
    """The names of an authority, but its heading."""

    dates = forms.CharField(
        label=_("Years"),
        max_length=40,
        required=False,
        help_text=_("Such as 1881-1936; they tell persons of one name apart."),
    )
    see = forms.CharField(
        label=_("Pen names and other forms"),
        required=False,
        max_length=10_000,
        help_text=_("One a line; a search for any of them finds the books."),
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )
    also = forms.CharField(
        label=_("See also"),
        required=False,
        max_length=10_000,
        help_text=_(
            "Headings of other authorities, one a line; of two of one name with the years."
        ),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    fields_of = {
        "names-too-many": "see",
        "text-too-long": "see",
        "see-also-unknown": "also",
    }

    def names(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["see"].splitlines())

    def references(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["also"].splitlines())


class AddForm(NamesForm):
    """A new authority."""

    kind = forms.ChoiceField(label=_("Sort"), choices=tuple(KINDS.items()))
    heading = forms.CharField(label=_("Heading"), max_length=200)
    fields_of = NamesForm.fields_of | {
        "heading-missing": "heading",
        "authority-known": "heading",
    }
    field_order = ("kind", "heading", "dates", "see", "also", "note", "key")


class RenameForm(KeyedForm):
    """Another heading."""

    heading = forms.CharField(label=_("New heading"), max_length=200)
    keep_old = forms.BooleanField(
        label=_("The old heading goes on leading to it"), required=False, initial=True
    )
    fields_of = {
        "heading-missing": "heading",
        "authority-known": "heading",
        "heading-same": "heading",
    }


class _Found(Sequence[catalog.AuthorityView]):
    """The authorities found, read page by page."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind, self.text = kind, text

    def __len__(self) -> int:
        return catalog.count_authorities(kind=self.kind, text=self.text)

    def __getitem__(self, at: Any) -> Any:
        first = at.start or 0
        return catalog.authorities(
            kind=self.kind, text=self.text, offset=first, limit=at.stop - first
        )


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def authorities(request: HttpRequest) -> HttpResponse:
    """The list, found by any name; a form for a new one."""
    form = AddForm(request.POST or None)
    if request.method == "POST":
        made: list[str] = []

        def add(ctx: Context) -> None:
            data = form.cleaned_data
            made.append(
                commands.add_authority(
                    kind=data["kind"],
                    heading=data["heading"],
                    dates=data["dates"],
                    see=form.names(),
                    also=form.references(),
                    note=data["note"],
                    ctx=ctx,
                )
            )

        if attempt(request, form, add):
            messages.success(request, gettext("Saved."))
            return redirect("office:authority", authority_id=made[0])
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    text = request.GET.get("q", "").strip()[:100]
    shown = Paginator(_Found(kind, text), SHOWN).get_page(request.GET.get("page"))
    rows = list(shown.object_list)
    names = catalog.authority_names([row.id for row in rows])
    context = {
        "form": form,
        "kind": kind,
        "kinds": KINDS.items(),
        "text": text,
        "page": shown,
        "rows": [
            (row, KINDS[row.kind], [n.text for n in names.get(row.id, ()) if n.relation == "see"])
            for row in rows
        ],
    }
    return page(request, "office/authorities.html", context, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def authority(request: HttpRequest, authority_id: str) -> HttpResponse:
    """One authority: its names, the titles that name it, a new heading."""
    found = catalog.authority(authority_id)
    if found is None:
        raise Http404
    names = catalog.authority_names([authority_id]).get(authority_id, ())
    see = "\n".join(n.text for n in names if n.relation == "see")
    act = request.POST.get("act", "")
    also = [n for n in names if n.relation == "also"]
    first = {
        "dates": found.dates,
        "see": see,
        "also": "\n".join(n.text for n in also),
        "note": found.note,
    }
    form = NamesForm(request.POST if act == "names" else None, initial=first)
    rename = RenameForm(
        request.POST if act == "rename" else None,
        initial={"heading": found.heading},
        prefix="new" if act != "rename" else None,
    )
    if act == "names":
        done = attempt(
            request,
            form,
            lambda ctx: commands.change_authority(
                authority=authority_id,
                dates=form.cleaned_data["dates"],
                see=form.names(),
                also=form.references(),
                note=form.cleaned_data["note"],
                ctx=ctx,
            ),
        )
        if done:
            messages.success(request, gettext("Saved."))
            return redirect("office:authority", authority_id=authority_id)
    elif act == "rename":
        made: list[str] = []
        done = attempt(
            request,
            rename,
            lambda ctx: made.append(
                commands.rename_authority(
                    authority=authority_id,
                    heading=rename.cleaned_data["heading"],
                    keep_old=rename.cleaned_data["keep_old"],
                    ctx=ctx,
                )
            ),
        )
        if done and made[0]:
            return redirect("office:edit", number=made[0])
        if done:
            messages.success(request, gettext("The heading is changed; no record names it."))
            return redirect("office:authority", authority_id=authority_id)
    elif act == "remove":
        said = gettext("Removed: %(heading)s") % {"heading": found.heading}
        if press(
            request, lambda ctx: commands.remove_authority(authority=authority_id, ctx=ctx), said
        ):
            return redirect("office:authorities")
        return redirect("office:authority", authority_id=authority_id)
    ids = catalog.titles_naming(authority_id, TITLES)
    titles = catalog.titles(ids)
    context = {
        "one": found,
        "kind": KINDS[found.kind],
        "also": [n for n in also if n.other],
        "referred": catalog.referred_from(authority_id),
        "form": form,
        "rename": rename,
        "titles": [titles[i] for i in ids if i in titles],
        "more": max(found.titles - len(ids), 0),
        "key": new_id(),
    }
    refused = bool(form.errors or rename.errors)
    return page(request, "office/authority.html", context, 422 if refused else 200)
