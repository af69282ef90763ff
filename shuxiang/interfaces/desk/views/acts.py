"""What the desk does with a reader's card and record: one posted form an act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.notices import commands as telling
from shuxiang.apps.notices import queries as notices
from shuxiang.apps.patrons import commands, queries
from shuxiang.interfaces.common import consents, staff
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.common.words import local_date, yuan
from shuxiang.interfaces.desk import refusals
from shuxiang.interfaces.desk.forms import (
    ChangeForm,
    ChangeGuardianForm,
    DocumentForm,
    LostForm,
    NoticesForm,
    ProxyForm,
    ReplaceForm,
    SuspendForm,
)
from shuxiang.interfaces.desk.views.pages import FAULTS, fault_status, fault_words
from shuxiang.interfaces.desk.views.readers import Shown, profile_page
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Refused, refuse, stop

_OWN_FIELDS = frozenset({"csrfmiddlewaretoken", "request_key", "lift", "lift_why"})


@dataclass(frozen=True, slots=True)
class Act:
    """A form of a reader's page: how it is read, and the command it becomes.

    ``run`` returns what to tell afterwards; it raises Refused with every reason.
    """

    run: Callable[[queries.Profile, Any, HttpRequest, Context], str]
    form: type[forms.Form] | None = None


def _card(profile: queries.Profile, request: HttpRequest) -> str:
    """The card that stood on the page: a second click after a replacement must not mean the new one."""
    named = request.POST.get("card", "")
    if any(card.id == named for card in profile.cards):
        return named
    if profile.card is None:
        raise refuse(stop("card-closed"))
    return profile.card.id


def _lost(profile: queries.Profile, form: LostForm, request: HttpRequest, ctx: Context) -> str:
    shown = form.cleaned_data["shown"] or "document"
    commands.report_lost(card=_card(profile, request), shown=shown, ctx=ctx)
    return _("The card is blocked. Nothing can be lent on it any more.")


def _found(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    commands.cancel_lost(card=_card(profile, request), ctx=ctx)
    return _("The card is open again.")


def _replace(
    profile: queries.Profile, form: ReplaceForm, request: HttpRequest, ctx: Context
) -> str:
    done = commands.replace_card(
        card=_card(profile, request), number=form.cleaned_data["card_number"], ctx=ctx
    )
    said = _("The new card has the number %(number)s. The old one is void.") % {
        "number": done.number
    }
    made = [c for c in fees.charges(done.patron) if c.kind == "card" and c.at == ctx.occurred_at]
    if made:
        said += " " + _("%(amount)s for it is on the account.") % {"amount": yuan(made[0].open_fen)}
    return said


def _renew_card(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    done = commands.renew_card(card=_card(profile, request), ctx=ctx)
    return _("The card is valid until %(day)s.") % {"day": local_date(done.expires_on)}


def _close(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    commands.close_account(patron=profile.facts.id, ctx=ctx)
    return _("The account is closed and the card void.")


def _verified(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    commands.confirm_verified(patron=profile.facts.id, ctx=ctx)
    return _("The reader is verified.")


def _reachable(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    today = clock.business_date(ctx.occurred_at)
    for channel, _why in notices.failing_channels(profile.facts.id, today):
        telling.address_checked(patron=profile.facts.id, channel=channel, ctx=ctx.with_key(channel))
    return _("Notices are sent there again.")


def _notices(
    profile: queries.Profile, form: NoticesForm, request: HttpRequest, ctx: Context
) -> str:
    wanted = form.cleaned_data["kinds"]
    usable = notices.channels(profile.facts.id, clock.business_date(ctx.occurred_at))
    telling.choose(
        channels={
            c.channel: c.channel in form.cleaned_data["channels"]
            for c in usable
            if c.address and not c.waiting
        },
        unwanted=tuple(
            code for code, kind in notices.KINDS.items() if not kind.needed and code not in wanted
        ),
        patron=profile.facts.id,
        ctx=ctx,
    )
    return _("Saved.")


def _change(profile: queries.Profile, form: ChangeForm, request: HttpRequest, ctx: Context) -> str:
    changed = commands.change_patron(patron=profile.facts.id, **form.changes(), ctx=ctx)
    return _("The changes are saved.") if changed else _("Nothing was changed.")


def _document(
    profile: queries.Profile, form: DocumentForm, request: HttpRequest, ctx: Context
) -> str:
    given = form.given()
    if given is None:
        raise refuse(stop("document-missing"))
    commands.add_document(patron=profile.facts.id, document=given, ctx=ctx)
    return _("The document is on the reader's record.")


def _guardian(
    profile: queries.Profile, form: ChangeGuardianForm, request: HttpRequest, ctx: Context
) -> str:
    guardian = form.guardian()
    if guardian is None:
        raise refuse(stop("guardian-missing"))
    commands.change_guardian(
        patron=profile.facts.id, guardian=guardian, consents=form.consents_given(), ctx=ctx
    )
    return _("The new guardian is on record.")


def _suspend(
    profile: queries.Profile, form: SuspendForm, request: HttpRequest, ctx: Context
) -> str:
    until = form.cleaned_data["until"]
    if until is None:
        raise refuse(stop("until-missing"))
    commands.suspend(patron=profile.facts.id, until=until, why=form.cleaned_data["why"], ctx=ctx)
    return _("Nothing is lent to this reader until %(day)s.") % {"day": local_date(until)}


def _lift(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    commands.lift_suspension(patron=profile.facts.id, ctx=ctx)
    return _("The reader may borrow again.")


def _give(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    given = commands.ConsentGiven(request.POST.get("purpose", ""), consents.VERSION)
    commands.give_consent(patron=profile.facts.id, consent=given, ctx=ctx)
    return _("The consent is on record.")


def _withdraw(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    held = commands.withdraw_consent(
        patron=profile.facts.id, purpose=request.POST.get("purpose", ""), ctx=ctx
    )
    if held:
        return _("The consent is taken back. Nothing new is lent until it is given again.")
    return _("The consent is taken back.")


def _bind(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    document = request.POST.get("purpose", "")
    commands.bind_document(patron=profile.facts.id, document=document, ctx=ctx)
    return _("The reader may now sign in with this document's number and the PIN.")


def _unbind(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    credential = request.POST.get("purpose", "")
    commands.unbind(patron=profile.facts.id, credential=credential, ctx=ctx)
    return _("Nobody can sign in with this document's number any more.")


def _proxy(profile: queries.Profile, form: ProxyForm, request: HttpRequest, ctx: Context) -> str:
    commands.give_proxy(
        patron=profile.facts.id,
        card=form.cleaned_data["proxy_card"],
        valid_to=form.cleaned_data["proxy_until"],
        ctx=ctx,
    )
    return _("The consent is on record: they may borrow and renew for this reader.")


def _end_proxy(profile: queries.Profile, form: None, request: HttpRequest, ctx: Context) -> str:
    commands.end_proxy(proxy=request.POST.get("purpose", ""), ctx=ctx)
    return _("The consent is taken back.")


ACTS: dict[str, Act] = {
    "proxy": Act(_proxy, ProxyForm),
    "end-proxy": Act(_end_proxy),
    "lost": Act(_lost, LostForm),
    "found": Act(_found),
    "replace": Act(_replace, ReplaceForm),
    "renew-card": Act(_renew_card),
    "close": Act(_close),
    "verified": Act(_verified),
    "reachable": Act(_reachable),
    "notices": Act(_notices, NoticesForm),
    "change": Act(_change, ChangeForm),
    "document": Act(_document, DocumentForm),
    "guardian": Act(_guardian, ChangeGuardianForm),
    "suspend": Act(_suspend, SuspendForm),
    "lift": Act(_lift),
    "give": Act(_give),
    "withdraw": Act(_withdraw),
    "bind": Act(_bind),
    "unbind": Act(_unbind),
}


@require_POST
@staff.staff_required("patrons.view")
def act(request: HttpRequest, patron: str, name: str) -> HttpResponse:
    """Do one act; its permission is the command's. Refused, the page comes back with every reason
    and what was typed."""
    chosen = ACTS.get(name)
    if chosen is None:
        return render_error(request, 404)
    try:
        profile = queries.masked(patron)
    except queries.UnknownPatron:
        return render_error(request, 404)
    form = chosen.form(request.POST, auto_id=f"{name}_%s") if chosen.form else None
    shown = Shown(act=name, form=form)
    if form is not None and not form.is_valid():
        return profile_page(request, patron, shown, 422)
    why = request.POST.get("lift_why", "")[:120]
    lifts = tuple(Override(code, why) for code in request.POST.getlist("lift"))
    ctx = staff.context(
        request, channel="desk", key=request.POST.get("request_key", "")[:64], overrides=lifts
    )
    try:
        said = chosen.run(profile, form, request, ctx)
    except Refused as refused:
        return _refused(request, patron, shown, refused)
    except FAULTS as fault:
        shown.reasons = [fault_words(fault)]
        return profile_page(request, patron, shown, fault_status(fault))
    messages.success(request, said)
    return redirect("desk:reader", patron=patron)


def _refused(request: HttpRequest, patron: str, shown: Shown, refused: Refused) -> HttpResponse:
    decision = refused.decision
    lifts = refusals.liftable(request, decision)
    shown.reasons = refusal(decision)
    if lifts and len(lifts) == len(decision.refusing):
        shown.lifts = lifts
        shown.again = [
            (key, value)
            for key, values in request.POST.lists()
            if key not in _OWN_FIELDS
            for value in values
        ]
    if shown.form is not None:
        refusals.add_to(shown.form, decision)
    return profile_page(request, patron, shown, 403 if "not-permitted" in decision.codes else 422)


@require_POST
@staff.staff_required("circulation.renew")
def renew_loans(request: HttpRequest, patron: str) -> HttpResponse:
    """Renew every open loan, or the one named; each says for itself whether it was."""
    wanted = request.POST.get("loan", "")
    ctx = staff.context(request, channel="desk", key=request.POST.get("request_key", "")[:64])
    shown = Shown(act="renew")
    for view in loans.open_loans(patron):
        if wanted not in ("", view.id):
            continue
        try:
            # A key a loan: a second click answers each of them as before.
            done = circulation.renew(loan=view.id, ctx=ctx.with_key(view.id[-12:]))
        except Refused as refused:
            shown.renewals[view.id] = {"done": False, "said": refusal(refused.decision)}
        except FAULTS as fault:
            shown.renewals[view.id] = {"done": False, "said": [fault_words(fault)]}
        else:
            said = _("Renewed until %(day)s.") % {"day": local_date(done.due_on)}
            shown.renewals[view.id] = {"done": True, "said": [said]}
    return profile_page(request, patron, shown)


@require_POST
@staff.staff_required("patrons.unmask")
def unmask(request: HttpRequest, patron: str) -> HttpResponse:
    """Show one masked number once, after a reason was written; who looked is logged."""
    field, of = request.POST.get("field", ""), request.POST.get("of", "")
    shown = Shown(act="unmask")
    try:
        plain = commands.unmask(
            patron=patron,
            field=field,
            of=of,
            why=request.POST.get("why", ""),
            ctx=staff.context(
                request, channel="desk", key=request.POST.get("request_key", "")[:64]
            ),
        )
    except Refused as refused:
        shown.reasons = refusal(refused.decision)
        return profile_page(request, patron, shown, 422)
    except FAULTS as fault:
        shown.reasons = [fault_words(fault)]
        return profile_page(request, patron, shown, fault_status(fault))
    shown.plain[f"{field}:{of}" if of else field] = plain
    return profile_page(request, patron, shown)
