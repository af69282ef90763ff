"""我的消息: what the library told a reader, and how it may."""

from __future__ import annotations

import contextlib
import secrets
from datetime import timedelta

from django.contrib import messages as told
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shuxiang.apps.notices import commands, queries
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.notice_words import CHANNELS
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.portal import session
from shuxiang.interfaces.portal.views.sign_in import FAULTS
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.runtime.throttle import throttle

A_PAGE = 20
CODES_A_DAY = 5


@require_GET
@session.reader_required()
def messages(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """The inbox, the reader's children's included; what is shown counts as read."""
    readers = queries.inbox_of(reader.patron, clock.business_date(clock.now()))
    count = queries.count_inbox(*readers)
    pages = max((count + A_PAGE - 1) // A_PAGE, 1)
    typed = request.GET.get("page", "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    number = min(max(number, 1), pages)
    shown = queries.inbox(*readers, offset=(number - 1) * A_PAGE, limit=A_PAGE)
    names = {p: patrons.patron_facts(p).name for p in readers[1:]}
    unread = queries.unread(*readers)
    if unread:
        # Seen is seen, whatever becomes of the note about it.
        with contextlib.suppress(*FAULTS):
            commands.read(ctx=session.acting(reader))
    context = {
        "rows": [(m, names.get(m.patron, "")) for m in shown],
        "unread": unread,
        "number": number,
        "pages": pages,
        "kept_days": places.setting(reader.home, "notices.keep_days").value,
    }
    return render(request, "portal/messages.html", context)


@require_http_methods(["GET", "POST"])
@session.reader_required()
def settings(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Which channels may be used, which kinds are wanted, and the mail address; a child's too, the mail
    address aside."""
    if request.method == "GET":
        return _settings(request, reader, [])
    whose = _whose(request, reader)
    today = clock.business_date(clock.now())
    wanted = set(request.POST.getlist("kind"))
    on = set(request.POST.getlist("channel"))
    usable = [c for c in queries.channels(whose, today) if c.address and not c.waiting]
    return _act(
        request,
        reader,
        lambda ctx: commands.choose(
            channels={c.channel: c.channel in on for c in usable},
            unwanted=tuple(
                code
                for code, kind in queries.KINDS.items()
                if not kind.needed and code not in wanted
            ),
            patron=whose,
            ctx=ctx,
        ),
        gettext("Saved."),
    )


def _children(reader: ReaderSession) -> dict[str, str]:
    """The children whose guardian the reader is: id → name."""
    today = clock.business_date(clock.now())
    acts_for = patrons.acts_for(reader.patron, today)
    return {c.patron: c.name for c in acts_for if c.how == patrons.GUARDIAN}


def _whose(request: HttpRequest, reader: ReaderSession) -> str:
    """Whose settings are shown: a child's where its guardian asks for them, else the reader's own."""
    asked = (request.POST if request.method == "POST" else request.GET).get("of", "")
    return asked if asked in _children(reader) else reader.patron


@require_POST
@session.reader_required()
def mail(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Give a mail address, type in the code that was sent to it, or take the address back."""
    act = request.POST.get("act", "")
    if act == "confirm":
        return _confirm(request, reader)
    if act == "forget":
        return _act(
            request,
            reader,
            lambda ctx: commands.forget_mail(ctx=ctx),
            gettext("The mail address was deleted."),
        )
    key = f"mail-code {reader.patron}"
    wait = throttle(key, CODES_A_DAY, timedelta(days=1), at=clock.now())
    if wait:
        return render_error(request, 429, retry_after=wait)
    return _act(
        request,
        reader,
        lambda ctx: commands.give_mail(
            address=request.POST.get("address", "")[:200],
            code=f"{secrets.randbelow(1_000_000):06d}",
            ctx=ctx,
        ),
        gettext("A code was sent to this address; type it in below."),
    )


def _confirm(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    try:
        right = commands.confirm_mail(
            code=request.POST.get("code", "")[:20], ctx=session.acting(reader)
        )
    except Refused as refused:
        return _settings(request, reader, refusal(refused.decision), 422)
    except FAULTS:
        return _settings(request, reader, [_busy()], 503)
    if not right:
        return _settings(request, reader, [gettext("That is not the code that was sent.")], 422)
    told.success(request, gettext("The mail address is confirmed."))
    return redirect("portal:notice_settings")


def _act(request: HttpRequest, reader: ReaderSession, act, said: str) -> HttpResponse:  # type: ignore[no-untyped-def]
    try:
        act(session.acting(reader, request.POST.get("request_key", "")[:64]))
    except Refused as refused:
        return _settings(request, reader, refusal(refused.decision), 422)
    except FAULTS:
        return _settings(request, reader, [_busy()], 503)
    told.success(request, said)
    whose = _whose(request, reader)
    of = "" if whose == reader.patron else f"?{urlencode({'of': whose})}"
    return redirect(f"{reverse('portal:notice_settings')}{of}")


def _busy() -> str:
    return gettext("The system is busy. Please try again in a moment.")


def _settings(
    request: HttpRequest, reader: ReaderSession, reasons: list[str], status: int = 200
) -> HttpResponse:
    today = clock.business_date(clock.now())
    whose, children = _whose(request, reader), _children(reader)
    channels = queries.channels(whose, today)
    unwanted = queries.opted_out(whose)
    reach = patrons.reach(reader.patron, today)
    usual = str(places.setting(reader.home, "notices.default_channels").value)
    context = {
        "reasons": reasons,
        "of": "" if whose == reader.patron else whose,
        "children": list(children.items()),
        "child": children.get(whose, ""),
        "channels": [
            (c, CHANNELS[c.channel], c.on or (c.on is None and c.channel in usual))
            for c in channels
            if c.configured and c.address and not c.waiting
        ],
        "mail": next((c for c in channels if c.channel == "email"), None),
        "kinds": [(kind, code not in unwanted) for code, kind in queries.KINDS.items()],
        "minor": reach is not None and reach.minor,
        "quiet_from": places.setting(reader.home, "notices.quiet_from").value,
        "quiet_to": places.setting(reader.home, "notices.quiet_to").value,
    }
    return render(request, "portal/notice_settings.html", context, status=status)
