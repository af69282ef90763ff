"""S7: headers of every answer, requests of other sites, and the pages of errors."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation

from shuxiang.interfaces.common import errors, preferences, views
from shuxiang.interfaces.common.middleware import CSP, SecurityHeaders

# Every page names the library.
pytestmark = pytest.mark.db
factory = RequestFactory()


@pytest.fixture(autouse=True)
def _chinese() -> object:
    with translation.override("zh-hans"):
        yield


def serve(request: HttpRequest, made: HttpResponse | None = None) -> HttpResponse:
    return SecurityHeaders(lambda _: made or HttpResponse("page"))(request)


def test_policy_allows_nothing_inline() -> None:
    response = serve(factory.get("/"))
    assert response["Content-Security-Policy"] == CSP
    assert "unsafe" not in CSP
    assert "default-src 'self'" in CSP
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_policy_of_a_view_stays() -> None:
    made = HttpResponse("reader")
    made["Content-Security-Policy"] = "default-src 'none'"
    assert serve(factory.get("/"), made)["Content-Security-Policy"] == "default-src 'none'"


@pytest.mark.parametrize(
    ("path", "session", "wanted"),
    [
        ("/desk/", None, "no-store"),
        ("/office/readers/", None, "no-store"),
        ("/", None, None),
        ("/loans/", True, "private, no-cache"),
        ("/search/", False, None),
    ],
)
def test_cache_control(path: str, session: bool | None, wanted: str | None) -> None:
    request = factory.get(path)
    if session is not None:
        request.session = SimpleNamespace(accessed=session)  # type: ignore[assignment]
    response = serve(request)
    got = response.get("Cache-Control")
    assert (set(got.split(", ")) if got else None) == (set(wanted.split(", ")) if wanted else None)


@pytest.mark.parametrize(
    ("method", "site", "status"),
    [
        ("post", "cross-site", 403),
        ("post", "same-site", 403),
        ("delete", "cross-site", 403),
        ("post", "same-origin", 200),
        ("post", "none", 200),
        ("post", None, 200),
        ("get", "cross-site", 200),
    ],
)
def test_requests_of_other_sites_are_refused(method: str, site: str | None, status: int) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}
    called = []

    def view(_: HttpRequest) -> HttpResponse:
        called.append(1)
        return HttpResponse("done")

    response = SecurityHeaders(view)(getattr(factory, method)("/x/", headers=headers))
    assert response.status_code == status
    assert called == ([] if status == 403 else [1])


@pytest.mark.parametrize("status", sorted(errors.WORDS))
def test_error_pages_in_each_form(status: int) -> None:
    page = errors.render_error(factory.get("/x/"), status, retry_after=30)
    assert page.status_code == status
    assert page["Retry-After"] == "30"
    assert str(errors.WORDS[status].title) in page.content.decode()
    assert "<html" in page.content.decode()
    fragment = errors.render_error(factory.get("/x/", headers={"HX-Request": "true"}), status)
    assert "<html" not in fragment.content.decode()
    assert str(errors.WORDS[status].what) in fragment.content.decode()
    machine = errors.render_error(
        factory.get("/x/", headers={"Accept": "application/json"}), status
    )
    assert machine["Content-Type"] == "application/json"


def test_error_500_survives_a_broken_context(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: HttpRequest) -> dict[str, object]:
        raise RuntimeError("no database")

    real = errors.render_to_string

    def render(name: str, context: dict[str, object], request: object = None) -> str:
        if request is not None:
            broken(request)  # type: ignore[arg-type]
        return real(name, context)

    monkeypatch.setattr(errors, "render_to_string", render)
    page = errors.handler500(factory.get("/x/"))
    assert page.status_code == 500
    assert "我们这边出了故障" in page.content.decode()


@pytest.mark.parametrize(
    ("cookie", "wanted"),
    [
        ("", ("standard", "20")),
        ("elder-24", ("elder", "24")),
        ("elder", ("elder", "20")),
        ("elder-99", ("elder", "20")),
        ('"><script>-18', ("standard", "18")),
    ],
)
def test_preference_cookie(cookie: str, wanted: tuple[str, str]) -> None:
    request = factory.get("/")
    request.COOKIES[preferences.VIEW_COOKIE] = cookie
    chosen = preferences.read_preference(request)
    assert (chosen["view"], chosen["text"]) == wanted


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("/loans/?a=1", "/loans/?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_view_switch_returns_to_this_site_only(target: str, wanted: str) -> None:
    response = views.view_settings(factory.post("/view/", {"view": "elder", "next": target}))
    assert (response.status_code, response["Location"]) == (302, wanted)
    assert response.cookies[preferences.VIEW_COOKIE].value == "elder-20"


def test_view_switch_refuses_what_is_not_offered() -> None:
    response = views.view_settings(factory.post("/view/", {"view": "huge"}))
    assert response.status_code == 400
    assert preferences.VIEW_COOKIE not in response.cookies
