"""Headers every answer carries, and the refusal of requests another site sent.

Content Security Policy without inline script or style (reliability S7, experience X7): what a
template or a record smuggles in cannot run. A view may set a stricter or different policy itself;
it is then left alone.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from shuxiang.interfaces.common.errors import fault_response, render_error

CSP = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
OPEN_PREFIXES = ("/paia/", "/daia")
"""Interfaces that pages of other sites may ask: what proves a reader there is in the request itself,
never in a cookie that a browser adds."""
STAFF_PREFIXES = ("/desk/", "/office/")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})

GetResponse = Callable[[HttpRequest], HttpResponse]


class SecurityHeaders:
    """Middleware: security headers, no-store for staff pages, Sec-Fetch-Site check.

    A browser that sends Sec-Fetch-Site with an unsafe method from elsewhere is refused (403)
    before any view runs; clients that send no such header (machines, old browsers) still meet
    the CSRF token check.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.staff_prefixes: tuple[str, ...] = tuple(
            getattr(settings, "SHUXIANG_STAFF_PREFIXES", STAFF_PREFIXES)
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        site = request.headers.get("Sec-Fetch-Site")
        foreign = site is not None and site not in _OWN_SITE
        unsafe = request.method not in _SAFE_METHODS
        if unsafe and foreign and not request.path.startswith(OPEN_PREFIXES):
            response = render_error(request, 403)
        else:
            response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response.headers:
            self._set_cache(request, response)
        return response

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """A full disk, a busy database, a form sent again changed, at any door: said so, with nothing
        done."""
        return fault_response(request, fault)

    def _set_cache(self, request: HttpRequest, response: HttpResponse) -> None:
        if request.path.startswith(self.staff_prefixes):
            response.headers["Cache-Control"] = "no-store"
            return
        session = getattr(request, "session", None)
        if session is not None and session.accessed:
            # Whatever looked at the session may show a person: never for a shared cache.
            patch_cache_control(response, private=True, no_cache=True)
