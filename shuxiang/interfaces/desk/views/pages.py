"""What every page of the desk is rendered with."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.errors import status_of
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.errors import Busy, KeyReused, OutcomeUnknown, StorageFull

FAULTS = (Busy, StorageFull, KeyReused)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page with the place worked at and a fresh request key for its forms."""
    shared = {
        "service_point_name": staff.service_point(request).name,
        "request_key": new_id(),
    }
    return render(request, template, shared | context, status=status)


def fault_words(fault: Exception) -> str:
    """What to tell when a command could not be run at all; nothing was changed."""
    if isinstance(fault, KeyReused):
        return _("This form was already sent with other entries. Check them and send it again.")
    if isinstance(fault, StorageFull):
        return _("The storage is full. Nothing was saved.")
    if isinstance(fault, OutcomeUnknown):
        return _(
            "The connection to the database was lost. Send the form again as it is: nothing is done twice."
        )
    return _("The database is busy. Nothing was done: send the form again.")


def fault_status(fault: Exception) -> int:
    """The status such a fault is answered with."""
    return status_of(fault) or 503
