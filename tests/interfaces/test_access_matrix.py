"""S1, X1: every address × every role × own and other branch, as `access.tsv` says.

The list of addresses comes from the URL configuration: one that is missing from the table fails,
and so does a method that is answered but not listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils.translation import gettext, override

from shuxiang.interfaces.common.wording import WORDING
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from tests.interfaces.access_objects import COOKIE, ROLES, Access, build
from tests.support import yearly
from tests.support.library import Library

pytestmark = pytest.mark.db
TABLE = Path(__file__).with_name("access.tsv")
COLUMNS = ("anonymous", *ROLES)
WORDS = {"in", "login", "403", "404"}
METHODS = ("GET", "POST")
SIGN_INS = ("/staff/login/", "/account/sign-in/")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what is asked, and what each column is answered."""

    route: str
    method: str
    address: str
    fields: str
    answers: tuple[str, ...]

    def filled(self, names: dict[str, str]) -> str:
        """What is asked with the names filled in."""
        return f"{self.address} {self.fields}".format(**names)

    def ask(self, http: Client, names: dict[str, str]) -> HttpResponse:
        path = self.address.format(**names)
        if self.method == "GET":
            return http.get(path)  # type: ignore[return-value]
        fields = dict(parse_qsl(self.fields.format(**names), keep_blank_values=True))
        return http.post(path, {"key": new_id()} | fields)  # type: ignore[return-value]


def table() -> list[Row]:
    """The rows; raises ValueError naming a line that can't be read."""
    rows = []
    for number, line in enumerate(TABLE.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if cells[0] == "route":
            if tuple(cells[3:]) != COLUMNS:
                raise ValueError(f"line {number}: the columns must be {COLUMNS}")
            continue
        if len(cells) != 3 + len(COLUMNS) or cells[1] not in METHODS:
            raise ValueError(f"line {number}: {len(cells)} cells, {cells[1:2]}")
        if not all(set(cell.split("/")) <= WORDS for cell in cells[3:]):
            raise ValueError(f"line {number}: answers are {', '.join(sorted(WORDS))}")
        address, _, fields = cells[2].partition(" ")
        rows.append(Row(cells[0], cells[1], address, fields, tuple(cells[3:])))
    return rows


ROWS = table()


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every route of the URL configuration, as Django writes it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)


@pytest.fixture
def access(
    scene: Callable[..., Any],
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Path,
) -> Access:
    monkeypatch.setattr(clock, "now", lambda: yearly.LATER)
    settings.HOME = tmp_path
    made: Access = scene("access", lambda: build(library))
    return made


def signed_in(access: Access, role: str) -> Client:
    http = Client(raise_request_exception=False)
    if role != "anonymous":
        http.cookies[COOKIE] = access.sessions[role]
    return http


def refused_here() -> str:
    with override("zh-hans"):
        return gettext(WORDING["not-permitted"])


def word(answer: HttpResponse) -> str:
    """The table's word for an answer; what is no answer to the question is told as it is."""
    status = answer.status_code
    if status == 401 or (status == 302 and answer["Location"].startswith(SIGN_INS)):
        return "login"
    if status in (403, 404):
        return str(status)
    if status >= 500 and status != 503:
        return f"fault {status}"
    if status == 405:
        return "method 405"
    if status in (409, 422) and refused_here() in answer.content.decode("utf-8", "replace"):
        # The page was open, the command behind it was not.
        return "403"
    return "in"


def test_every_route_is_in_the_table_and_the_other_way_round() -> None:
    listed = {row.route for row in ROWS}
    assert set(routes()) - listed == set(), "routes missing from access.tsv"
    assert listed - set(routes()) == set(), "rows of access.tsv without a route"


def test_an_address_of_a_row_is_one_of_its_route(access: Access) -> None:
    for row in ROWS:
        path = row.address.format(**access.own).partition("?")[0]
        assert resolve(path).route == row.route


def test_a_method_that_is_not_listed_is_not_answered(access: Access) -> None:
    asked = {(row.route, row.method) for row in ROWS}
    http = Client(raise_request_exception=False)
    answered = [
        f"{method} {row.route}"
        for row in ROWS
        for method in METHODS
        if (row.route, method) not in asked
        and http.generic(method, row.address.format(**access.own)).status_code != 405
    ]
    assert answered == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.address}{row.fields}")
def test_s1_x1_who_is_let_in(
    row: Row, scene: Callable[..., Any], access: Access, library: Library
) -> None:
    seen = []
    touched = False
    for role in COLUMNS:
        words: list[str] = []
        for names in (access.own, access.other):
            if words and row.filled(access.own) == row.filled(access.other):
                break
            if touched:
                scene("access", lambda: access)
            words.append(word(row.ask(signed_in(access, role), names)))
            # Who is not let in has changed nothing that the next could meet.
            touched = row.method == "POST" and words[-1] == "in"
        seen.append(words[0] if len(set(words)) == 1 else "/".join(words))
    assert dict(zip(COLUMNS, seen, strict=True)) == dict(zip(COLUMNS, row.answers, strict=True))
