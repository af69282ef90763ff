"""The offline desk: its page, which the browser keeps, and what the page and the library exchange."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Device
from shuxiang.formats.journal import NotAJournal, read
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.offline import shell
from shuxiang.interfaces.offline import snapshot as snapshots
from shuxiang.interfaces.offline.devices import (
    acting,
    answer,
    data_required,
    device_required,
    fault,
    prove,
    token,
)
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused

MERGED_AT_ONCE = 200
OUTCOMES = 500


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """The page. It holds nobody's data: the browser keeps it and opens it without a network."""
    response = HttpResponse(shell.page())
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the page and its parts in the browser."""
    response = HttpResponse(shell.worker(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


# No cookie opens anything here: there is nothing that another site could make a browser use.
@csrf_exempt
@require_POST
@sensitive_variables("said")
def enrol(request: HttpRequest) -> HttpResponse:
    """Make a browser the device: its number and password against a token and keys."""
    said = _json(request)
    login, secret = said.get("login"), said.get("secret")
    if not isinstance(login, str) or not isinstance(secret, str):
        return fault(_("Device number and password are needed."), 422)
    device = prove(request, login.strip(), secret.strip())
    if isinstance(device, HttpResponse):
        return device
    return _given(device)


@csrf_exempt
@require_POST
@data_required
def keys(request: HttpRequest, device: Device) -> HttpResponse:
    """What an enrolled device works with, for one that was enrolled at another door."""
    return _given(device)


def _given(device: Device) -> HttpResponse:
    return answer({"token": token(device), "keys": snapshots.keys(device.id), **_about(device)})


def _about(device: Device) -> dict[str, Any]:
    head = queries.journal_head(device.id)
    return {
        "device": device.id,
        "login": device.login,
        "name": device.name,
        "place": device.place,
        "place_name": places.place(device.place).name,
        "counter": head.counter,
        "mac": head.mac,
    }


def _json(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json.loads(request.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@require_GET
@data_required
def snapshot(request: HttpRequest, device: Device) -> HttpResponse:
    """The sealed manifest; 304 where the device has it."""
    made = snapshots.manifest(device, clock.now())
    tag = f'"{made.tag}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponse = answer({}, 304)
    else:
        response = answer({"body": made.body, "mac": made.mac})
    response.headers["ETag"] = tag
    return response


@require_GET
@data_required
def part(request: HttpRequest, device: Device, name: str) -> HttpResponse:
    """A part named in the manifest."""
    data = snapshots.part(name)
    if data is None:
        raise Http404
    response = HttpResponse(data, content_type="application/json")
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = f'"{name}"'
    return response


@csrf_exempt
@require_POST
@device_required
def journal(request: HttpRequest, device: Device) -> HttpResponse:
    """Take the device's journal: written down before it is answered, then merged as far as time
    allows; the worker merges the rest."""
    try:
        document = read(request.body)
    except NotAJournal as wrong:
        said = _("Line %(line)s of the journal can't be read; nothing was taken.")
        return fault(said % {"line": wrong.line}, 422)
    try:
        got = commands.receive_journal(journal=document, live=True, ctx=acting(device))
    except Refused as refused:
        return fault(" ".join(refusal(refused.decision)), 409)
    commands.merge_pending(ctx=acting(device), most=MERGED_AT_ONCE)
    return answer(
        {
            "new": got.new,
            "again": got.again,
            "waiting": got.waiting,
            "aside": got.aside,
            "counter": got.counter,
            "mac": got.mac,
        }
    )


@require_GET
@device_required
def outcomes(request: HttpRequest, device: Device) -> HttpResponse:
    """What became of the device's lines from number ``since`` on."""
    try:
        since = max(int(request.GET.get("since", "1")[:16]), 1)
    except ValueError:
        return fault(_("That is no number."), 422)
    found = queries.journal_outcomes(device.id, since, OUTCOMES)
    return answer(
        {
            "lines": [
                {
                    "number": view.number,
                    "state": view.state,
                    "title": view.title_text,
                    "due": view.due_on.isoformat() if view.due_on else "",
                    "says": [say(r) for r in view.reasons] if view.state == "conflict" else [],
                }
                for view in found
            ],
            "open": queries.paper_open(device.place),
        }
    )
