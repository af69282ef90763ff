"""The idle lock: a desk left alone shows nobody's data until its clerk, or another, opens it again.

The page covers itself by its own clock and tells the server; the server locks by its own as well,
for a page without script or a computer that slept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import staff
from shuxiang.kernel import clock

DESK_RIGHT = "circulation.check_in"
"""The permission that opens the desk."""

LOCKED_KEY = "desk_locked"
SEEN_KEY = "desk_seen"
DESK = "/desk/"
GUARDED = (DESK, "/office/", "/staff/place/")
NOTED_EVERY = 60
"""Seconds within which a sign of life is not written again: each writing is a commit."""

GetResponse = Callable[[HttpRequest], HttpResponse]


def idle_minutes(request: HttpRequest) -> int:
    """After how many minutes a desk at this place locks; 0: never."""
    return int(places.setting(staff.service_point(request).id, "desk.idle_minutes").value)


def is_locked(request: HttpRequest) -> bool:
    return bool(request.session.get(LOCKED_KEY))


def lock(request: HttpRequest) -> None:
    request.session[LOCKED_KEY] = True


def unlock(request: HttpRequest) -> None:
    request.session.pop(LOCKED_KEY, None)
    request.session[SEEN_KEY] = _now()


def _now() -> int:
    return int(clock.now().timestamp())


class DeskLock:
    """Middleware: a locked session opens no page of the staff but the one that unlocks it.

    Pages go there and come back afterwards; scripts get 423.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(GUARDED) and request.user.is_authenticated:
            if request.path.startswith(DESK):
                self._note(request)
            if is_locked(request) and request.path != reverse("desk:clerk"):
                return self._closed(request)
        return self.get_response(request)

    def _note(self, request: HttpRequest) -> None:
        now, seen = _now(), request.session.get(SEEN_KEY)
        if seen is not None and not is_locked(request):
            minutes = idle_minutes(request)
            if minutes and now - seen > timedelta(minutes=minutes).total_seconds():
                lock(request)
        if seen is None or (now - seen > NOTED_EVERY and not is_locked(request)):
            request.session[SEEN_KEY] = now

    def _closed(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("X-Requested-With") == "scanbox":
            return JsonResponse({"kind": "locked"}, status=423)
        back = request.get_full_path() if request.method == "GET" else reverse("desk:home")
        address = f"{reverse('desk:clerk')}?{urlencode({'next': back})}"
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        return redirect(address)
