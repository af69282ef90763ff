"""Questions to other servers, each put by a child process that can be killed."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[3]
_SPARE = 1.5
"""Seconds after the deadline of the question at which its process is killed from here."""
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and of whom.

    Attributes:
        kind: z3950, or http for anything fetched by GET.
        address: host name, or the whole URL of what is fetched.
        pqf: the query in PQF, in bytes of the target's character set; ``pqf_utf8`` the same in UTF-8,
            for a target that agrees to it in ``negotiate``.
        syntax: the record syntax wanted; ``marc8``: records are MARC-8 and are wanted as XML too.
        most: records wanted; ``seconds``: all the time the question has.
        accept: content type asked for by http.
    """

    kind: str
    address: str
    port: int = 210
    database: str = ""
    user: str = ""
    password: str = ""
    pqf: bytes = b""
    pqf_utf8: bytes = b""
    syntax: str = "unimarc"
    negotiate: bool = False
    marc8: bool = False
    most: int = 10
    seconds: float = 10
    accept: str = ""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record as the target sent it; ``xml`` where it had to be converted on the way."""

    data: bytes
    syntax: str = ""
    xml: bytes = b""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a question has no answer, or not a whole one.

    Attributes:
        code: absent (no libyaz here), unreachable, silent, closed, refused, diagnostic, garbled,
            too-large, http.
        number, text: of a diagnostic, or of an HTTP status.
    """

    code: str
    number: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: ``hits`` of a search and its first records, or the ``body`` of what was fetched.

    ``utf8``: the target agreed to UTF-8. ``headers``: Content-Type and Retry-After, in lower case.
    """

    hits: int = 0
    records: tuple[RawRecord, ...] = ()
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    utf8: bool = False
    fault: Fault | None = None


def ask(question: Question) -> Answer:
    """Put one question; never raises for what the other side does."""
    asked: dict[str, Any] = asdict(question)
    asked |= {name: base64.b64encode(asked[name]).decode() for name in ("pqf", "pqf_utf8")}
    try:
        done = subprocess.run(
            [sys.executable, "-S", "-E", "-m", "shuxiang.runtime.strangers.child"],
            check=False,
            cwd=_ROOT,
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=question.seconds + _SPARE,
        )
    except subprocess.TimeoutExpired:
        return Answer(fault=Fault("silent"))
    if done.returncode:
        # Killed by its own alarm, by its bound of memory, or by what libyaz made of the answer.
        code = "silent" if done.returncode == -14 else "garbled"
        return Answer(fault=Fault(code))
    told = json.loads(done.stdout)
    fault = told.get("fault")
    return Answer(
        hits=told.get("hits", 0),
        records=tuple(
            RawRecord(_bytes(r["data"]), r["syntax"], _bytes(r.get("xml", "")))
            for r in told.get("records", ())
        ),
        body=_bytes(told.get("body", "")),
        headers=tuple((name, value) for name, value in told.get("headers", ())),
        utf8=told.get("utf8", False),
        fault=Fault(fault["code"], fault["number"], fault["text"]) if fault else None,
    )


def ask_all(questions: Sequence[Question]) -> tuple[Answer, ...]:
    """Put several questions at once; the answers in their order."""
    if len(questions) < 2:
        return tuple(ask(q) for q in questions)
    with ThreadPoolExecutor(max_workers=min(len(questions), _AT_ONCE)) as pool:
        return tuple(pool.map(ask, questions))


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
