"""G4, S4, S10: tokens of PAIA: kept as hashes, ended by time, sign-out and another PIN, good for what
they were given for and for one account alone; guessing is slowed; bad requests have their errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import models
from tests.interfaces.paia.conftest import NOW, PIN, SCOPE, Time, VuFind, give_pin
from tests.support.library import Contexts
from tests.support.stocked import Stocked


def test_only_the_hash_is_kept_and_it_ends_after_an_hour(vufind: VuFind, time: Time) -> None:
    row = models.ReaderSession.objects.get(channel="paia", ended_at=None)
    assert vufind.token not in (row.token_hash, row.scope)
    assert (row.scope, row.until) == (SCOPE, NOW + timedelta(hours=1))
    time.now = NOW + timedelta(minutes=59)
    vufind.core()
    time.now = NOW + timedelta(minutes=60)
    answer = vufind.get(f"core/{vufind.patron}")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_grant")
    assert answer["WWW-Authenticate"] == 'Bearer realm="PAIA", error="invalid_token"'


def test_a_token_is_no_cookie_of_the_readers_pages(vufind: VuFind) -> None:
    http = Client()
    http.cookies["shuxiang_reader"] = vufind.token
    assert http.get("/account/")["Location"].startswith("/account/sign-in/")


def test_sign_out_and_another_pin_end_it(vufind: VuFind, stocked: Stocked, ctx: Contexts) -> None:
    first = vufind.token
    vufind.login(stocked.cards["adult"], PIN)
    wrong = vufind.post("auth/logout", {"patron": stocked.patrons["other"]})
    assert (wrong.status_code, wrong.json()["error"]) == (403, "access_denied")
    assert vufind.post("auth/logout", {"patron": vufind.patron}).json() == {"patron": vufind.patron}
    assert vufind.get(f"core/{vufind.patron}").status_code == 401
    vufind.token = first
    vufind.core()
    give_pin(stocked, ctx, "adult", own=False)
    assert vufind.get(f"core/{vufind.patron}").status_code == 401


def test_good_for_its_scope_and_one_account(vufind: VuFind, stocked: Stocked) -> None:
    other = stocked.patrons["other"]
    for what in ("", "/items", "/fees"):
        answer = vufind.get(f"core/{other}{what}")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    vufind.login(stocked.cards["adult"], PIN, scope="read_patron unheard_of")
    assert vufind.scope == ["read_patron"]
    answer = vufind.post(f"core/{vufind.patron}/renew", {"doc": [{"item": "x:y"}]})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert 'scope="write_items"' in answer["WWW-Authenticate"]
    assert answer["X-Accepted-OAuth-Scopes"] == "write_items"
    assert answer["X-OAuth-Scopes"] == "read_patron"


def test_with_the_pin_of_the_slip_nothing_but_its_change(
    vufind: VuFind, stocked: Stocked, ctx: Contexts
) -> None:
    slip = give_pin(stocked, ctx, "other", own=False)
    vufind.login(stocked.cards["other"], slip)
    assert vufind.scope == ["read_patron", "change_password"]
    assert vufind.get(f"core/{vufind.patron}/items").status_code == 403
    changed = {"old_password": slip, "new_password": "739164"}
    names = {"patron": vufind.patron, "username": stocked.cards["other"]}
    assert vufind.post("auth/change", names | changed).status_code == 200
    assert vufind.core("/items") == {"doc": []}


def test_guessing_is_slowed_and_says_how_long(vufind: VuFind, stocked: Stocked) -> None:
    card = stocked.cards["adult"]
    body = {"username": card, "password": "000111", "grant_type": "password"}
    for _ in range(5):
        answer = vufind.post("auth/login", body)
        assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")
    locked = vufind.post("auth/login", body | {"password": PIN})
    assert (locked.status_code, locked["Retry-After"]) == (403, "900")
    unknown = VuFind(stocked).login("no-such-card", "000111")
    assert unknown["error_description"] == answer.json()["error_description"]


def test_a_form_and_a_token_in_the_address_do_as_well(vufind: VuFind, stocked: Stocked) -> None:
    http = Client()
    form = {"username": stocked.cards["adult"], "password": PIN, "grant_type": "password"}
    body = http.post("/paia/auth/login", form).json()
    assert body["scope"] == "read_patron read_fees read_items write_items"
    address = f"/paia/core/{body['patron']}?access_token={body['access_token']}&callback=me"
    answer = http.get(address)
    assert answer["Content-Type"].startswith("application/javascript")
    assert answer.content.startswith(b"/**/me({")


LOGIN = {"grant_type": "password", "username": "1", "password": "2"}
BAD: list[tuple[str, Any, int, str]] = [
    ("auth/login", {}, 422, "invalid_request"),
    ("auth/login", [], 422, "invalid_request"),
    ("auth/login", "{", 400, "invalid_request"),
    ("auth/login", '{"username": "\\ud800"}', 400, "invalid_request"),
    ("auth/login", "[" * 50_000, 400, "invalid_request"),
    ("auth/login", LOGIN | {"grant_type": "code"}, 422, "invalid_request"),
    ("auth/login", LOGIN | {"username": 1}, 422, "invalid_request"),
    ("auth/login", LOGIN | {"password": "\0"}, 422, "invalid_request"),
    ("auth/login", LOGIN | {"scope": "all"}, 422, "invalid_request"),
    ("auth/login", LOGIN | {"scope": ["read_patron"]}, 422, "invalid_request"),
    ("auth/login", LOGIN | {"grant_type": "client_credentials"}, 403, "access_denied"),
    ("auth/change", {}, 422, "invalid_request"),
    ("auth/logout", {}, 422, "invalid_request"),
    ("core/{}/renew", {}, 422, "invalid_request"),
    ("core/{}/renew", {"doc": []}, 422, "invalid_request"),
    ("core/{}/renew", {"doc": {}}, 422, "invalid_request"),
    ("core/{}/renew", {"doc": [{}]}, 422, "invalid_request"),
    ("core/{}/renew", {"doc": ["x"]}, 422, "invalid_request"),
    ("core/{}/cancel", {"doc": [{"item": 3}]}, 422, "invalid_request"),
    ("core/{}/request", {"doc": [{"item": "x"}] * 101}, 422, "invalid_request"),
    ("core/{}/request", {"doc": [{"item": "x" * 501}]}, 422, "invalid_request"),
    ("core/{}/shelve", {}, 404, "not_found"),
]


@pytest.mark.parametrize(("file", "body", "status", "error"), BAD)
def test_bad_requests_have_the_errors_of_the_protocol(
    vufind: VuFind, unchanged: Callable[..., Any], file: str, body: Any, status: int, error: str
) -> None:
    with unchanged():
        answer = vufind.post(file.format(vufind.patron), body)
        said = answer.json()
    assert (answer.status_code, said["error"], said["code"]) == (status, error, status)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_odd_documents_get_an_error_each(vufind: VuFind, unchanged: Callable[..., Any]) -> None:
    odd = [{"item": "nothing"}, {"edition": "urn:uuid:x"}, {"item": "isbn:1"}, {"item": "｜"}]
    with unchanged():
        for what in ("renew", "request", "cancel"):
            told = vufind.act(what, *odd)
            assert [bool(d["error"]) for d in told] == [True] * len(odd)


def test_verbs_other_sites_and_suppressed_codes(vufind: VuFind) -> None:
    wrong = vufind.get("auth/login")
    assert (wrong.status_code, wrong["Allow"]) == (405, "POST, OPTIONS")
    asked = vufind.http.options("/paia/core/x/items", headers={"Origin": "https://a.example"})
    assert asked["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert asked["Access-Control-Allow-Origin"] == "*"
    quiet = Client().get("/paia/core/x?suppress_response_codes=1")
    assert (quiet.status_code, quiet.json()["code"]) == (200, 401)
    # A page elsewhere may post: no cookie proves anything here.
    elsewhere = vufind.post("auth/login", {}, **{"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 422


def test_messages_are_read_with_a_scope_of_their_own(vufind: VuFind, stocked: Stocked) -> None:
    assert vufind.get(f"core/{vufind.patron}/messages").status_code == 403
    vufind.login(stocked.cards["adult"], PIN, scope="read_messages")
    assert vufind.core("/messages") == {"message": []}
    assert vufind.core("/notifications") == {"message": []}


def test_a_closed_account_opens_nothing(vufind: VuFind, stocked: Stocked, ctx: Contexts) -> None:
    patrons.close_account(patron=vufind.patron, ctx=ctx("desk", at=NOW))
    assert vufind.get(f"core/{vufind.patron}").status_code == 401
