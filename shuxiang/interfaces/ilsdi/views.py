"""ILS-DI as Koha speaks it, at one address. Availability and titles are everybody's; whatever is a
reader's needs a client (a device of that kind) with its password, and of readers only those whose PIN
it has shown within the last hour, unless the library trusts it to act without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from shuxiang.apps.places.queries import Device
from shuxiang.interfaces.common.clients import client_of
from shuxiang.interfaces.common.records import xml_answer
from shuxiang.interfaces.ilsdi import catalogue, readers
from shuxiang.interfaces.ilsdi.services import ANYBODY, SERVICES, TRUSTED, Service
from shuxiang.interfaces.ilsdi.xml import document
from shuxiang.runtime.errors import Busy, KeyReused, StorageFull

LONGEST = 4000
"""Characters of a parameter."""

_OF_READERS: dict[str, Callable[[dict[str, str], Device, HttpRequest], dict[str, Any]]] = {
    "LookupPatron": readers.lookup,
    "AuthenticatePatron": readers.authenticate,
    "GetPatronInfo": readers.info,
    "GetPatronStatus": readers.status,
    "GetServices": readers.services,
    "RenewLoan": readers.renew,
    "HoldTitle": readers.hold_title,
    "HoldItem": readers.hold_item,
    "CancelHold": readers.cancel,
}


@csrf_exempt
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """The one address. Without a service it lists them."""
    given = request.POST if request.method == "POST" else request.GET
    name = given.get("service", "")
    if not name:
        return _said("ilsdi", {"service": [_described(n) for n in SERVICES]})
    service = SERVICES.get(name)
    if service is None:
        return _said("ilsdi", {"code": "NotSupported", "message": "NotSupported"})
    fault = _fault(service, {n: v for n, v in given.lists() if n != "service"})
    if fault:
        return _said(name, {"code": fault[0], "message": fault[1]})
    asked = {n: given.get(n, "") for n in given if n != "service"}
    if service.access == ANYBODY:
        return _open(name, asked, request)
    client, wait = client_of(request)
    if wait:
        return _refused(name, f"Too many wrong passwords; wait {wait} seconds.", 429)
    if client is None:
        return _refused(name, "The client's number and password are needed (HTTP Basic).", 401)
    if service.access == TRUSTED and not client.settings.get("trusted"):
        return _refused(name, "This client may not look readers up without their PIN.", 403)
    try:
        return _said(name, _OF_READERS[name](asked, client, request))
    except readers.NotFound as unknown:
        return _said(name, {"code": str(unknown)})
    except (Busy, StorageFull, KeyReused):
        return _said(name, {"code": "Busy", "message": "Nothing was done; try again."}, 503)


def _open(name: str, asked: dict[str, str], request: HttpRequest) -> HttpResponse:
    if name == "Describe":
        if asked["verb"] not in SERVICES:
            return _said(name, {"code": "NotSupported", "message": "NotSupported"})
        return _said(name, _described(asked["verb"]))
    if name == "GetAvailability":
        if asked["id_type"] not in ("bib", "item"):
            return _said(name, {"code": "IllegalParameter", "message": "id_type is bib or item."})
        return xml_answer(catalogue.availability(asked["id"], asked["id_type"]), "text/xml")
    if asked.get("schema", "MARCXML") != "MARCXML":
        return _said(name, {"code": "UnsupportedSchema"})
    return _said(name, catalogue.records(asked["id"]))


def _described(name: str) -> dict[str, Any]:
    service = SERVICES[name]
    return {
        "name": name,
        "description": service.about,
        "access": service.access,
        "required": list(service.required),
        "optional": list(service.optional),
    }


def _fault(service: Service, given: dict[str, list[Any]]) -> tuple[str, str] | None:
    """What is wrong with the parameters, in Koha's codes."""
    for name in service.required:
        if not given.get(name) or not str(given[name][0]).strip():
            return "MissingParameter", f"The required parameter {name} is missing."
    for name, values in given.items():
        if name not in (*service.required, *service.optional):
            return "IllegalParameter", f"The parameter {name[:40]} is illegal."
        if len(values) > 1:
            message = f"Multiple values not allowed for the parameter {name}."
            return "MultipleValuesNotAllowed", message
        if len(str(values[0])) > LONGEST or "\0" in str(values[0]):
            return "IllegalParameter", f"The parameter {name} is no valid value."
    return None


def _said(root: str, fields: dict[str, Any], status: int = 200) -> HttpResponse:
    response = xml_answer(document(root, fields), "text/xml")
    response.status_code = status
    response["Cache-Control"] = "no-store"
    return response


def _refused(root: str, message: str, status: int) -> HttpResponse:
    response = _said(root, {"code": "NotAllowed", "message": message}, status)
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="ILS-DI", charset="UTF-8"'
    return response
