"""剔旧: proposed, reviewed and approved by three persons, with the list to sign and to keep."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as accounts
from shuxiang.apps.stockcontrol import commands, queries
from shuxiang.documents.lists import ItemList
from shuxiang.documents.sheets.xlsx import Column, Sheet
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.library import library_name
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import say
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.interfaces.office.scan_lists import printed, tidy
from shuxiang.interfaces.office.spreadsheets import spreadsheet
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import stop
from shuxiang.kernel.values import yuan

PROPOSE, REVIEW, APPROVE = commands.PROPOSE, commands.REVIEW, commands.APPROVE
VIEW = "stock.view"
SHOWN = 200
STATES: dict[str, tuple[str, str | Promise]] = {
    "draft": ("notice", _("Being listed")),
    "proposed": ("hold", _("To be reviewed")),
    "reviewed": ("hold", _("To be approved")),
    "approved": ("ok", _("Approved, withdrawn")),
    "refused": ("refused", _("Refused")),
}
CAUSES: dict[str, str | Promise] = {
    "worn": _("Worn or damaged"),
    "outdated": _("Out of date"),
    "duplicate": _("Too many copies"),
    "lost": _("Lost"),
    "missing": _("Not found by inventory"),
    "unfit": _("Not fit for lending"),
    "other": _("Other cause"),
}


class OpenForm(KeyedForm):
    """What is proposed, and by which rule."""

    place = forms.ChoiceField(label=_("Books of the site"))
    name = forms.CharField(label=_("Designation"), max_length=120)
    basis = forms.CharField(
        label=_("By which rule or check"), max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    fields_of = {"name-missing": "name", "reason-missing": "basis", "place-unknown": "place"}


class ListForm(KeyedForm):
    """Books for the list."""

    cause = forms.ChoiceField(label=_("Cause"))
    barcodes = forms.CharField(
        label=_("Barcodes"), max_length=120_000,
        help_text=_("Scan one after the other, one a line."),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    fields_of = {"scan-empty": "barcodes", "scans-too-many": "barcodes"}


@require_http_methods(["GET", "POST"])
@staff_required(VIEW)
def withdrawals(request: HttpRequest) -> HttpResponse:
    """Proposals of the places open to the clerk; a form for who may propose."""
    sites = permitted_places(request, VIEW)
    mine = permitted_places(request, PROPOSE)
    form = OpenForm(request.POST or None, choices={"place": [(p.id, p.name) for p in mine]})
    made: list[str] = []

    def begin(ctx: Context) -> None:
        given = {k: form.cleaned_data[k] for k in ("place", "name", "basis")}
        made.append(commands.open_withdrawal(**given, ctx=ctx))

    if request.method == "POST":
        if not mine:
            return render_error(request, 403)
        if attempt(request, form, begin):
            return redirect("office:withdrawal", proposal_id=made[0])
    rows = [
        (v, places.place(v.place).name, STATES[v.state])
        for v in queries.withdrawals([p.id for p in sites])
    ]
    context = {"form": form, "rows": rows, "may_propose": bool(mine)}
    return page(request, "office/withdrawals.html", context, 422 if form.errors else 200)


def _found(request: HttpRequest, proposal_id: str) -> queries.ProposalView | HttpResponse:
    found = queries.withdrawal(proposal_id)
    if found is None:
        raise Http404
    return found if may(request, VIEW, found.place) else render_error(request, 403)


@require_http_methods(["GET", "POST"])
@staff_required(VIEW)
def withdrawal(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """One proposal: its list, who signed, and the step that is next."""
    found = _found(request, proposal_id)
    if isinstance(found, HttpResponse):
        return found
    listing = found.state == "draft" and may(request, PROPOSE, found.place)
    form = ListForm(request.POST or None, choices={"cause": CAUSES.items()})
    done: list[commands.Listed] = []

    def put(ctx: Context) -> None:
        given = form.cleaned_data
        codes = tuple(given["barcodes"].split())
        done.append(
            commands.list_for_withdrawal(
                proposal=found.id, barcodes=codes, cause=given["cause"], ctx=ctx
            )
        )

    if request.method == "POST":
        if not listing:
            return render_error(request, 403)
        if attempt(request, form, put):
            said = gettext("%(n)s books put on the list.") % {"n": done[0].added}
            messages.success(request, said)
            if not done[0].refused:
                return redirect("office:withdrawal", proposal_id=found.id)
            form = ListForm(choices={"cause": CAUSES.items()})
            again = queries.withdrawal(proposal_id)
            assert again is not None
            found = again
    names = {a: _who(a) for a in (found.proposed_by, found.reviewed_by, found.decided_by) if a}
    context: dict[str, Any] = {
        "row": found,
        "state": STATES[found.state],
        "place": places.place(found.place).name,
        "fen": yuan(found.fen),
        "names": names,
        "signatures": [
            (_("Proposed"), _who(found.proposed_by), found.proposed_at, ""),
            (_("Reviewed"), _who(found.reviewed_by), found.reviewed_at, found.opinion),
            (_("Decided"), _who(found.decided_by), found.decided_at, found.decision),
        ],
        "lines": [
            (x, str(CAUSES.get(x.cause, x.cause)), say(stop(x.dropped)) if x.dropped else "")
            for x in queries.proposal_lines(found.id, limit=SHOWN)
        ],
        "form": form,
        "listing": listing,
        "refused": [(code, say(reason)) for code, reason in done[0].refused] if done else [],
        "may_review": found.state == "proposed" and may(request, REVIEW, found.place),
        "may_approve": found.state == "reviewed" and may(request, APPROVE, found.place),
        "digest": queries.stored_digest(found.id) if found.state == "approved" else "",
    }
    return page(request, "office/withdrawal.html", context, 422 if form.errors else 200)


def _who(account: str) -> str:
    found = accounts.account(account) if account else None
    return found.name if found else ""


@require_POST
@staff_required(VIEW)
def act(request: HttpRequest, proposal_id: str, name: str) -> HttpResponse:
    """The next signature, or a book off the list."""
    found = _found(request, proposal_id)
    if isinstance(found, HttpResponse):
        return found
    said, line = request.POST.get("said", "")[:400], request.POST.get("line", "")[:40]
    proposal = found.id
    acts = {
        "propose": (
            lambda ctx: commands.propose_withdrawal(proposal=proposal, ctx=ctx),
            gettext("Proposed. Another person reviews it now."),
        ),
        "review": (
            lambda ctx: commands.review_withdrawal(proposal=proposal, opinion=said, ctx=ctx),
            gettext("Reviewed. A third person approves it now."),
        ),
        "return": (
            lambda ctx: commands.review_withdrawal(
                proposal=proposal, opinion=said, agree=False, ctx=ctx
            ),
            gettext("Sent back to be changed."),
        ),
        "approve": (
            lambda ctx: commands.approve_withdrawal(proposal=proposal, decision=said, ctx=ctx),
            gettext("Approved. The books of the list have left the stock."),
        ),
        "refuse": (
            lambda ctx: commands.refuse_withdrawal(proposal=proposal, why=said, ctx=ctx),
            gettext("Refused. Nothing leaves the stock."),
        ),
        "unlist": (
            lambda ctx: commands.unlist(line=line, ctx=ctx),
            gettext("It is off the list."),
        ),
    }
    if name not in acts:
        raise Http404
    press(request, *acts[name])
    return redirect("office:withdrawal", proposal_id=found.id)


def _rows(found: queries.ProposalView) -> list[tuple[str, str, str, str, str, int | None]]:
    """(barcode, title, call number, price, cause, price in 分) of the list as it stands or was approved."""
    books: list[tuple[str, str, str, int | None, str]]
    if found.state == "approved":
        books = [
            (w.barcode, w.title_text, w.call_number, w.price_fen, w.cause)
            for w in queries.withdrawn(found.id)
        ]
    else:
        books = [
            (b.barcode, b.title_text, b.call_number, b.price_fen, cause)
            for b, cause in queries.candidate_lines(found.id)
        ]
    return [
        (code, title, number, yuan(fen) if fen is not None else "", str(CAUSES[cause]), fen)
        for code, title, number, fen, cause in books
    ]


@require_safe
@staff_required(VIEW)
def print_list(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """The list to sign: what is proposed, or what has left the stock."""
    found = _found(request, proposal_id)
    if isinstance(found, HttpResponse):
        return found
    decided = found.decided_at
    approved = found.state == "approved"
    made = ItemList(
        title="图书剔旧注销清单" if approved else "图书剔旧提案清单",
        library_name=library_name(places.place(found.place).library),
        facts=tidy(
            {
                "单号": found.number,
                "馆点": places.place(found.place).name,
                "名称": found.name,
                "依据": found.basis,
                "合计": f"{found.titles} 种 {found.volumes} 册，码洋 {yuan(found.fen)} 元",
                "提出": _who(found.proposed_by),
                "审核": _who(found.reviewed_by),
                "批准": _who(found.decided_by),
                "批准日期": local_date(clock.business_date(decided)) if decided else "",
                "校验值": queries.stored_digest(found.id) if approved else "",
            }
        ),
        columns=("条码", "题名", "索书号", "价格", "原因"),
        widths=(3, 7, 4, 2, 3),
        rows=[row[:5] for row in _rows(found)],
        signatures=("提出人", "审核人", "批准人"),
        printed_at=clock.local(clock.now()),
    )
    return printed(made, found.number)


@require_safe
@staff_required(VIEW)
def sheet(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """The list as a spreadsheet."""
    found = _found(request, proposal_id)
    if isinstance(found, HttpResponse):
        return found
    title = f"剔旧清单 {found.number}"
    columns = (
        Column("条码", width=16), Column("题名", width=40), Column("索书号", width=20),
        Column("价格（元）"), Column("原因", width=16),
    )  # fmt: skip
    notes = (f"{found.titles} 种 {found.volumes} 册，码洋 {yuan(found.fen)} 元",)
    rows = [row[:5] for row in _rows(found)]
    return spreadsheet([Sheet("清单", title, columns, rows, notes=notes)], title)
