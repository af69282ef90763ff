"""期刊报纸: subscribed to, checked in by the keyboard, claimed, bound."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.acquisitions import queries as acquisitions
from shuxiang.apps.catalog import commands as catalog_commands
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.serials import commands, queries
from shuxiang.apps.serials.queries import Pattern
from shuxiang.apps.stock import queries as stock
from shuxiang.documents.lists import ItemList
from shuxiang.formats.identifiers import normalise_issn
from shuxiang.formats.marc import Bibliographic
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.library import library_name
from shuxiang.interfaces.common.staff import may, places_open_to, service_point, staff_required
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.book_forms import PriceField
from shuxiang.interfaces.office.pages import chosen_year, page
from shuxiang.interfaces.office.scan_lists import printed, tidy
from shuxiang.interfaces.office.views.buying import read_shares, shares_help
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import yuan

VIEW, EDIT = "serials.view", "serials.edit"
CHECK_IN, CLAIM, BIND = "serials.check_in", "serials.claim", "serials.bind"
FREQUENCIES: dict[str, str | Promise] = {
    "daily": _("Daily"),
    "weekly": _("Weekly"),
    "ten_days": _("Every ten days"),
    "half_month": _("Twice a month"),
    "monthly": _("Monthly"),
    "bimonthly": _("Every two months"),
    "quarterly": _("Quarterly"),
}
_ISSN = re.compile(r"(?:ISSN[:：\s]*)?([0-9]{4}[-–]?[0-9]{3}[0-9Xx])(?![0-9])", re.IGNORECASE)
KINDS = (("periodical", _("Periodical")), ("newspaper", _("Newspaper")))


class SubscribeForm(KeyedForm):
    """A title and how its issues come."""

    issn = forms.CharField(
        label=_("ISSN or title in the catalogue"), max_length=120,
        help_text=_("A title that is not there yet is added: write its name, and its ISSN after it."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS)
    frequency = forms.ChoiceField(
        label=_("Frequency"), choices=list(FREQUENCIES.items()), initial="monthly"
    )
    first_day = day_field(_("First issue"))
    last_day = day_field(_("Last day"))
    days = forms.CharField(
        label=_("Days it appears"), max_length=60, required=False,
        help_text=_("Daily and weekly: weekdays 1–7. Every ten days, twice a month: days of the month. Empty: as usual."),
    )  # fmt: skip
    number = forms.IntegerField(label=_("Number of the first issue"), min_value=1, initial=1)
    volume = forms.IntegerField(
        label=_("Number of the volume"), min_value=0, initial=0, required=False
    )
    total = forms.IntegerField(label=_("Whole number"), min_value=0, initial=0, required=False)
    yearly = forms.BooleanField(
        label=_("Numbers begin again each year"), required=False, initial=True
    )
    combined = forms.CharField(
        label=_("Months that appear as one"), max_length=60, required=False,
        help_text=_("Of a monthly, such as 1-2 7-8."),
    )  # fmt: skip
    shares = forms.CharField(
        label=_("Copies and where they go"), max_length=400, initial="1"
    )  # fmt: skip
    price_fen = PriceField(label=_("Price of one copy for the period"), required=False)
    supplier = forms.ChoiceField(label=_("Supplier"), required=False)
    fund = forms.ChoiceField(label=_("Fund"), required=False)
    post_code = forms.CharField(label=_("Post office code"), max_length=20, required=False)
    category = forms.ChoiceField(label=_("Item category"))
    lendable = forms.BooleanField(
        label=_("Issues get a barcode and can be lent"), required=False, initial=True
    )
    grace_days = forms.IntegerField(
        label=_("Late after days"), min_value=0, max_value=365, initial=7
    )
    fields_of = {
        "title-unknown": "issn",
        "serial-period": "last_day",
        "serial-pattern": "days",
        "serial-many": "last_day",
        "copies-number": "shares",
        "place-unknown": "shares",
        "fund-exceeded": "fund",
        "fund-closed": "fund",
    }

    def clean_days(self) -> tuple[int, ...]:
        return tuple(int(n) for n in re.findall(r"\d{1,2}", self.cleaned_data["days"]))

    def clean_combined(self) -> tuple[tuple[int, ...], ...]:
        found = re.findall(r"(\d{1,2})\s*[-–~]\s*(\d{1,2})", self.cleaned_data["combined"])
        return tuple(tuple(range(int(a), int(b) + 1)) for a, b in found)

    def pattern(self) -> Pattern:
        """How the issues come. Call after `is_valid`."""
        data = self.cleaned_data
        weekly = data["frequency"] in ("daily", "weekly")
        return Pattern(
            frequency=data["frequency"],
            weekdays=data["days"] if weekly else (),
            month_days=() if weekly else data["days"],
            number=data["number"],
            volume=data["volume"] or 0,
            total=data["total"] or 0,
            yearly=data["yearly"],
            combined=data["combined"],
        )


@require_http_methods(["GET", "POST"])
@staff_required(VIEW)
def serials(request: HttpRequest) -> HttpResponse:
    """Subscriptions of a year, what is late, and a form to subscribe."""
    here = service_point(request)
    today = clock.business_date(clock.now())
    year = chosen_year(request, today.year)
    form = SubscribeForm(
        request.POST or None,
        initial={"first_day": date(year, 1, 1), "last_day": date(year, 12, 31), "category": "periodical"},
        choices={
            "supplier": [("", "—"), *((s.id, s.name) for s in acquisitions.suppliers(here.library, active=True))],
            "fund": [("", "—"), *((f.id, f"{f.name} {f.year} · {yuan(f.left_fen)}") for f in acquisitions.funds(here.library) if not f.closed)],
            "category": [(code, name) for code, name, _lend in stock.categories()],
        },
    )  # fmt: skip
    form.fields["shares"].help_text = shares_help(here.id)
    made: list[str] = []

    def act(ctx: Context) -> None:
        names = ("kind", "first_day", "last_day", "supplier", "fund", "post_code", "category",
                 "lendable", "grace_days")  # fmt: skip
        data = form.cleaned_data
        made.append(
            commands.subscribe(
                title=_title(data["issn"], ctx),
                pattern=form.pattern(),
                shares=read_shares(data["shares"], here.id),
                price_fen=data["price_fen"] or 0,
                **{n: data[n] for n in names},
                ctx=ctx,
            )
        )

    if request.method == "POST":
        if not may(request, EDIT):
            return render_error(request, 403)
        try:
            if attempt(request, form, act):
                return redirect("office:serial", subscription_id=made[0])
        except forms.ValidationError as error:
            form.add_error(None if hasattr(error, "error_dict") else "shares", error)
    sites = [p.id for p in places_open_to(request)]
    rows = [s for s in queries.subscriptions(sites, year) if may(request, VIEW, s.place)]
    names = {s.id: s.title_text for s in queries.subscriptions(sites)}
    late = [
        (i, names.get(i.subscription, ""), i.late(today))
        for i in queries.late_issues([p for p in sites if may(request, VIEW, p)], today)
    ]
    context = {
        "form": form, "rows": [(s, FREQUENCIES.get(s.frequency, "")) for s in rows], "late": late,
        "letters": queries.claim_letters([p for p in sites if may(request, VIEW, p)]),
        "year": year, "years": range(today.year + 1, today.year - 8, -1), "key": new_id(),
        "may_edit": may(request, EDIT), "may_claim": may(request, CLAIM),
    }  # fmt: skip
    return page(request, "office/serials.html", context, 422 if form.errors else 200)


def _title(text: str, ctx: Context) -> str:
    """The title an ISSN, a name or both mean; a new one is added under its own key. Raises
    ValidationError where an ISSN alone would be its name."""
    like = _ISSN.search(text)
    issn = normalise_issn(like[1]) if like else ""
    name = _ISSN.sub(" ", text).strip(" ,，;；:：()（）") if issn else text.strip()
    found = [t for t in catalog.by_identifier(issn, "issn") if not t.alias_of] if issn else []
    if not found and name:
        begun = (catalog.title(t) for t in catalog.titles_beginning(name, 20))
        found = [t for t in begun if t and t.title == name and t.kind == "serial"]
    if found:
        return found[0].id
    if not name or (like and like[0] == name):
        raise forms.ValidationError(
            {"issn": gettext("No title has this ISSN: write its name too, such as 读者 1005-1805.")}
        )
    return catalog_commands.add_title(
        bibliographic=Bibliographic(format="cnmarc", kind="serial", title=name, issn=issn),
        ctx=ctx.with_key("title"),
    )


def _found(
    request: HttpRequest, subscription_id: str, action: str = VIEW
) -> queries.SubscriptionView | HttpResponse:
    found = queries.subscription(subscription_id)
    if found is None:
        raise Http404
    return found if may(request, action, found.place) else render_error(request, 403)


@require_safe
@staff_required(VIEW)
def serial(request: HttpRequest, subscription_id: str) -> HttpResponse:
    """记到: the issues as a grid; the next one arrives by one key."""
    found = _found(request, subscription_id)
    if isinstance(found, HttpResponse):
        return found
    today = clock.business_date(clock.now())
    names = {p.id: p.name for p in places.all_places()}
    by_issue: dict[str, list[queries.CopyView]] = {}
    for copy in queries.copies(found.id):
        by_issue.setdefault(copy.issue, []).append(copy)
    issues = queries.issues(found.id)
    rows = [(i, _state(i, today), by_issue.get(i.id, [])) for i in issues]
    next_ = next((i for i in issues if not i.skipped and i.arrived < i.copies), None)
    unbound = {
        place: [
            c for copies in by_issue.values() for c in copies if c.place == place and not c.volume
        ]
        for place, _n in found.shares
    }
    context: dict[str, Any] = {
        "row": found, "rows": rows, "next": next_, "frequency": FREQUENCIES.get(found.frequency, ""),
        "shares": [(names.get(p, ""), n) for p, n in found.shares], "names": names,
        "place": names.get(found.place, ""), "kind": dict(KINDS)[found.kind],
        "claims": queries.claims(subscription=found.id),
        "volumes": [(v, names.get(v.place, "")) for v in queries.volumes(found.id)],
        "unbound": [(p, names.get(p, ""), copies) for p, copies in unbound.items() if copies],
        "numbers": {i.id: i for i in issues},
        "may_edit": may(request, EDIT, found.place), "may_check_in": may(request, CHECK_IN, found.place),
        "may_bind": may(request, BIND, found.place), "may_claim": may(request, CLAIM, found.place),
        "key": new_id(), "today": today,
    }  # fmt: skip
    context["unbound"] = [
        (p, name, [(c, context["numbers"][c.issue]) for c in copies])
        for p, name, copies in context["unbound"]
    ]
    return page(request, "office/serial.html", context)


def _state(issue: queries.IssueView, today: date) -> tuple[str, Any]:
    if issue.skipped:
        return "muted", _("Does not appear")
    if issue.arrived and issue.bound == issue.arrived:
        return "muted", _("Bound")
    if issue.arrived >= issue.copies:
        return "ok", _("All here")
    if days := issue.late(today):
        return "refused", gettext("%(n)s days late") % {"n": days}
    if issue.arrived:
        return "notice", gettext("%(n)s of %(all)s") % {"n": issue.arrived, "all": issue.copies}
    return "hold", _("Expected")


@require_POST
@staff_required(VIEW)
def act(request: HttpRequest, subscription_id: str, name: str) -> HttpResponse:
    """A button of the page of a subscription; the command checks who may."""
    found = _found(request, subscription_id)
    if isinstance(found, HttpResponse):
        return found
    given = {
        k: request.POST.get(k, "").strip()[:200]
        for k in ("issue", "why", "number", "day", "barcode", "call_number", "volume", "claim", "total", "barcodes")
    }  # fmt: skip
    copies = {
        place: int(text)
        for place, _n in found.shares
        if (text := request.POST.get(f"copies-{place}", "")).isdigit() and len(text) < 3
    }
    chosen = tuple(i[:32] for i in request.POST.getlist("copy"))
    acts: dict[str, tuple[Callable[[Context], Any], str]] = {
        "arrive": (
            lambda ctx: commands.arrive(
                issue=given["issue"], copies=copies or None,
                barcodes=tuple(given["barcodes"].split()), ctx=ctx,
            ),
            gettext("Checked in."),
        ),
        "back": (
            lambda ctx: commands.take_back(issue=given["issue"], ctx=ctx),
            gettext("It is waited for again."),
        ),
        "skip": (
            lambda ctx: commands.skip(issue=given["issue"], why=given["why"], ctx=ctx),
            gettext("This issue is not waited for."),
        ),
        "combine": (
            lambda ctx: commands.combine(issue=given["issue"], ctx=ctx),
            gettext("Both appear as one issue."),
        ),
        "supplement": (
            lambda ctx: commands.add_supplement(
                subscription=found.id, number=given["number"], expected_on=_day(given["day"]), ctx=ctx
            ),
            gettext("The supplement is expected."),
        ),
        "bind": (
            lambda ctx: commands.bind(
                copies=chosen, barcode=given["barcode"], call_number=given["call_number"], ctx=ctx
            ),
            gettext("The volume is bound; its issues can't be lent any more."),
        ),
        "unbind": (
            lambda ctx: commands.unbind(volume=given["volume"], ctx=ctx),
            gettext("The issues are issues again."),
        ),
        "answer": (
            lambda ctx: commands.answer_claim(claim=given["claim"], answer=given["why"], ctx=ctx),
            gettext("The answer is noted."),
        ),
        "pay": (
            lambda ctx: commands.pay(
                subscription=found.id, total_fen=_fen(given["total"]), number=given["number"], ctx=ctx
            ),
            gettext("The payment is entered."),
        ),
        "end": (
            lambda ctx: commands.end_subscription(subscription=found.id, why=given["why"], ctx=ctx),
            gettext("The subscription is over."),
        ),
    }  # fmt: skip
    if name not in acts:
        raise Http404
    try:
        press(request, *acts[name])
    except forms.ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("office:serial", subscription_id=subscription_id)


def _day(text: str) -> date:
    return forms.DateField().clean(text)


def _fen(text: str) -> int:
    return int(PriceField().clean(text) or 0)


@require_POST
@staff_required(CLAIM)
def claim(request: HttpRequest) -> HttpResponse:
    """催缺: the chosen late issues, a number for each supplier; of one supplier its letter at once."""
    issues = tuple(i[:32] for i in request.POST.getlist("issue"))
    made: list[str] = []
    press(
        request,
        lambda ctx: made.extend(commands.claim(issues=issues, ctx=ctx)),
        gettext("The claim is noted. Print its letter."),
    )
    return (
        redirect("office:claim_letter", number=made[0])
        if len(made) == 1
        else redirect("office:serials")
    )


@require_safe
@staff_required(VIEW)
def letter(request: HttpRequest, number: str) -> HttpResponse:
    """催缺单 to send to the supplier."""
    found = queries.claims(number=number)
    subscriptions = {c.subscription: queries.subscription(c.subscription) for c in found}
    rows = [(c, s) for c in found if (s := subscriptions[c.subscription]) is not None]
    if not rows:
        raise Http404
    if not all(may(request, VIEW, s.place) for _c, s in rows):
        return render_error(request, 403)
    issues = {c.issue: queries.issue(c.issue) for c, _s in rows}
    first = rows[0][1]
    made = ItemList(
        title="报刊催缺单",
        library_name=library_name(first.library),
        facts=tidy(
            {
                "单号": number,
                "致": "、".join(dict.fromkeys(s.supplier_name for _c, s in rows if s.supplier_name)),
                "日期": local_date(clock.business_date(found[0].claimed_at)),
            }
        ),
        columns=("刊名", "邮发代号", "年期", "应到日期", "缺", "逾期天数"),
        widths=(6, 3, 3, 3, 1, 2),
        rows=[
            (
                s.title_text, s.post_code, c.issue_name,
                f"{i.expected_on:%Y-%m-%d}" if (i := issues[c.issue]) else "",
                str(c.copies), str(c.days_late),
            )
            for c, s in rows
        ],
        signatures=("经办人", "书商签收"),
        printed_at=clock.local(clock.now()),
        note="以上各期至今未到，请核查补寄；如停刊、合刊或改期，请告知。",
        unit="期",
    )  # fmt: skip
    return printed(made, number)
