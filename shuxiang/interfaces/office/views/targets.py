"""Targets: the catalogues of other libraries that records are copied from, and how each is asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.exchange import commands, queries
from shuxiang.formats.targets import CHARSETS, USUAL_CQL, USUAL_PQF, Profile
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.common.wording import say
from shuxiang.interfaces.office.acts import KeyedForm, attempt
from shuxiang.interfaces.office.pages import page

ACTION = "catalog.targets"
NONE = "-"
"""What is typed for an index a target does not have."""
KINDS: dict[str, str | Promise] = {"z3950": "Z39.50", "sru": "SRU"}
SYNTAXES: dict[str, str | Promise] = {
    "unimarc": _("UNIMARC or CNMARC (Z39.50)"),
    "usmarc": _("MARC 21 (Z39.50)"),
    "marcxchange": _("MarcXchange: CNMARC in XML (SRU)"),
    "marcxml": _("MARCXML: MARC 21 in XML (SRU)"),
}
CHARSET_WORDS = {
    "utf-8": "UTF-8",
    "gb18030": "GB 18030 / GBK",
    "euc-cn": "GB 2312 (EUC-CN)",
    "big5": "Big5",
    "marc-8": "MARC-8",
}
INDEXES: dict[str, str | Promise] = {
    "isbn": _("ISBN is asked as"),
    "issn": _("ISSN is asked as"),
    "title": _("Title is asked as"),
    "author": _("Author is asked as"),
    "any": _("Any word is asked as"),
}
_charsets = [(c, CHARSET_WORDS[c]) for c in CHARSETS]


class TargetForm(KeyedForm):
    """A target's profile."""

    name = forms.CharField(label=_("Designation"), max_length=60)
    kind = forms.ChoiceField(label=_("Protocol"), choices=list(KINDS.items()))
    address = forms.CharField(
        label=_("Host, or address of the SRU server"),
        max_length=300,
        help_text=_("Such as z3950.example.cn, or https://example.cn/sru"),
    )
    port = forms.IntegerField(label=_("Port (Z39.50)"), min_value=1, max_value=65_535, initial=210)
    database = forms.CharField(label=_("Database (Z39.50)"), max_length=120, required=False)
    user = forms.CharField(label=_("User name"), max_length=80, required=False)
    password = forms.CharField(
        label=_("Password"),
        max_length=120,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Stored encrypted. Left empty, the one that is stored stays."),
    )
    syntax = forms.ChoiceField(label=_("Records wanted as"), choices=list(SYNTAXES.items()))
    query_charset = forms.ChoiceField(label=_("Character set of questions"), choices=_charsets)
    record_charset = forms.ChoiceField(label=_("Character set of records"), choices=_charsets)
    negotiate = forms.BooleanField(label=_("Agree on UTF-8 where the target can"), required=False)
    most = forms.IntegerField(label=_("Records fetched"), min_value=1, max_value=50, initial=10)
    seconds = forms.IntegerField(
        label=_("Seconds it is waited for"), min_value=1, max_value=60, initial=10
    )
    position = forms.IntegerField(
        label=_("Place in the row"), min_value=0, max_value=999, initial=0
    )
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    index_isbn = forms.CharField(label=INDEXES["isbn"], max_length=60, required=False)
    index_issn = forms.CharField(label=INDEXES["issn"], max_length=60, required=False)
    index_title = forms.CharField(label=INDEXES["title"], max_length=60, required=False)
    index_author = forms.CharField(label=INDEXES["author"], max_length=60, required=False)
    index_any = forms.CharField(label=INDEXES["any"], max_length=60, required=False)
    fields_of = {"name-missing": "name", "target-exists": "name"}

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        for name in INDEXES:
            usual = f"{USUAL_PQF[name]} · {USUAL_CQL[name]}"
            self.fields[f"index_{name}"].widget.attrs["placeholder"] = usual

    @property
    def first(self) -> list[Any]:
        """What every target needs."""
        return [f for f in self if not f.is_hidden and not f.name.startswith("index_")]

    @property
    def indexes(self) -> list[Any]:
        """How its indexes are asked, where not as usual."""
        return [f for f in self if f.name.startswith("index_")]

    def profile(self) -> dict[str, Any]:
        """The fields of `Profile`."""
        given = self.cleaned_data
        told = {n: given[n] for n in Profile.__dataclass_fields__ if n in given}
        asked = {n: given[f"index_{n}"].strip() for n in INDEXES}
        told["attributes"] = {n: "" if t == NONE else t for n, t in asked.items() if t}
        return told


def _command(form: TargetForm) -> dict[str, Any]:
    given = form.cleaned_data
    return {
        "name": given["name"],
        "profile": form.profile(),
        "user": given["user"],
        "position": given["position"],
        "active": given["active"],
    }


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def targets(request: HttpRequest) -> HttpResponse:
    """Every target, and a form to add one."""
    form = TargetForm(request.POST or None)
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: commands.add_target(
            **_command(form), password=form.cleaned_data["password"], ctx=ctx
        ),
    ):
        messages.success(request, gettext("The target is added."))
        return redirect("office:targets")
    context = {"form": form, "rows": [(t, KINDS[t.profile.kind]) for t in queries.shared_targets()]}
    return page(request, "office/targets.html", context, 422 if form.errors else 200)


def _initial(found: queries.TargetView) -> dict[str, Any]:
    profile = found.profile
    first = {n: getattr(profile, n) for n in Profile.__dataclass_fields__ if n != "attributes"}
    first |= {f"index_{n}": t or NONE for n, t in profile.attributes.items()}
    return first | {
        "name": found.name,
        "user": found.user,
        "position": found.position,
        "active": found.active,
    }


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def target(request: HttpRequest, target_id: str) -> HttpResponse:
    """A target's profile, to be changed and tried."""
    found = queries.shared_target(target_id)
    if found is None:
        raise Http404
    form = TargetForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: commands.change_target(
            target=found.id,
            **_command(form),
            password=form.cleaned_data["password"] or None,
            ctx=ctx,
        ),
    ):
        messages.success(request, gettext("The change is saved."))
        return redirect("office:target", target_id=target_id)
    context = {"target": found, "form": form}
    return page(request, "office/target.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(ACTION)
def attempt_target(request: HttpRequest, target_id: str) -> HttpResponse:
    """Ask the target for a title and say how it went; nothing is kept."""
    found = queries.shared_target(target_id)
    if found is None:
        raise Http404
    words = request.POST.get("words", "").strip()[:100] or "中国"
    (answer,) = queries.shared_records(title=words, targets=[found.id], most=1)
    for fault in answer.faults:
        messages.error(request, say(fault))
    if answer.records:
        title = answer.records[0].described.title
        told = gettext("%(n)s records found; the first is “%(title)s”.")
        messages.success(request, told % {"n": answer.hits, "title": title})
    elif not answer.faults:
        messages.success(request, gettext("It answered: nothing found."))
    return redirect("office:target", target_id=target_id)
