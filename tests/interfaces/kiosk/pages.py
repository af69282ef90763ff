"""A screen of a machine as somebody before it uses it: what it says, its forms and links."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client


@dataclass(slots=True)
class Form:
    """A form of a screen; ``device`` is what it asks of the bridge, () for nothing; it
    ``waits`` to be sent for that."""

    action: str
    fields: dict[str, str]
    device: tuple[dict[str, Any], ...]
    scan: bool
    waits: bool
    label: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.sound = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id") == "screen":
            self.sound = given.get("data-sound") or ""
        if tag == "form":
            device = tuple(json.loads(given.get("data-device") or "[]"))
            self.open = Form(
                given.get("action") or "",
                {},
                device,
                "data-scan" in given,
                given.get("data-when") == "submit",
            )
            self.forms.append(self.open)
        elif tag == "input" and self.open is not None and given.get("name"):
            self.open.fields[str(given["name"])] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None

    def handle_data(self, data: str) -> None:
        if self.open is not None:
            self.open.label = f"{self.open.label} {data.strip()}".strip()


def text_of(content: bytes) -> str:
    """What a person sees of the screen itself, blanks folded."""
    found = re.search(r'<main id="main".*?</main>', content.decode(), flags=re.S)
    plain = found[0] if found else content.decode()
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


@dataclass(slots=True)
class Screen:
    """Where a browser is, and what it shows there."""

    http: Client
    path: str
    answer: HttpResponse

    @property
    def text(self) -> str:
        return text_of(self.answer.content)

    @property
    def sound(self) -> str:
        return self._read().sound

    @property
    def status(self) -> int:
        return self.answer.status_code

    def _read(self) -> _Reader:
        read = _Reader()
        read.feed(self.answer.content.decode())
        return read

    def forms(self) -> list[Form]:
        return self._read().forms

    def form(self, label: str = "") -> Form:
        """The form with a word on it; without one, the form that takes scans."""
        found = [f for f in self.forms() if (label in f.label if label else f.scan)]
        found.sort(key=lambda f: not f.label.startswith(label))
        assert found, f"no form {label!r} on: {self.text}"
        return found[0]

    def device_form(self) -> Form:
        """The form that asks the devices."""
        found = [f for f in self.forms() if f.device]
        assert found, f"nothing is asked of the devices on: {self.text}"
        return found[0]

    def send(self, form: Form, **fields: Any) -> Screen:
        assert form.action, "a screen is put in place by script: its forms need an address"
        return self.post(form.action, **(form.fields | fields))

    def post(self, path: str, **fields: Any) -> Screen:
        return _follow(self.http, path, self.http.post(path, fields))

    def scan(self, code: str) -> Screen:
        return self.send(self.form(), scan=code)

    def press(self, label: str, **fields: Any) -> Screen:
        return self.send(self.form(label), **fields)

    def open(self, path: str) -> Screen:
        return screen(self.http, path)


def screen(http: Client, path: str) -> Screen:
    return _follow(http, path, http.get(path))


def _follow(http: Client, path: str, answer: Any) -> Screen:
    while answer.status_code in (301, 302, 303):
        path = answer["Location"]
        answer = http.get(path)
    return Screen(http, path, answer)
