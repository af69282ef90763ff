"""The process that puts one question: JSON in, JSON out, dead at its deadline whatever happens.

``python -S -E -m shuxiang.runtime.strangers.child``; knows the standard library and libyaz only.
"""

from __future__ import annotations

import base64
import json
import resource
import signal
import sys
from typing import Any

MEMORY = 768 << 20
MOST_BYTES = 24 << 20
MOST_RECORD = 1 << 20
"""Bounds of the process's memory, of an answer, and of one record in it."""


def main() -> None:
    """Read the question from standard input and write the answer to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_REAL, float(asked["seconds"]) + 0.5)
    told = _KINDS[asked["kind"]](asked)
    json.dump(told, sys.stdout)
    sys.stdout.flush()


def _z3950(asked: dict[str, Any]) -> dict[str, Any]:
    from shuxiang.runtime.strangers import zoom

    told: dict[str, Any] = {"hits": 0, "records": []}
    options = {
        "databaseName": asked["database"],
        "user": asked["user"],
        "password": asked["password"],
        "preferredRecordSyntax": asked["syntax"],
        "elementSetName": "F",
        "count": str(asked["most"]),
        "presentChunk": str(asked["most"]),
        "maximumRecordSize": str(MOST_RECORD),
        "preferredMessageSize": str(4 * MOST_RECORD),
        "charset": "utf-8" if asked["negotiate"] else "",
    }
    try:
        link = zoom.Connection(asked["seconds"], options)
    except zoom.AbsentError:
        return _fault(told, "absent")
    try:
        link.connect(asked["address"], asked["port"])
        utf8 = link.agreed_charset in ("utf-8", "utf8")
        told["utf8"] = utf8
        pqf = base64.b64decode(asked["pqf_utf8"] if utf8 else asked["pqf"])
        told["hits"] = link.search(pqf)
        size = 0
        for found in link.records(min(asked["most"], told["hits"]), asked["marc8"] and not utf8):
            size += len(found.data)
            if len(found.data) > MOST_RECORD or size > MOST_BYTES:
                return _fault(told, "too-large")
            record = {"data": _text(found.data), "syntax": found.syntax}
            if found.xml:
                record["xml"] = _text(found.xml)
            told["records"].append(record)
    except zoom.TargetError as error:
        return _fault(told, error.code, error.number, error.text)
    except (UnicodeError, ValueError):
        return _fault(told, "unreachable")
    return told


def _http(asked: dict[str, Any]) -> dict[str, Any]:
    import http.client
    import urllib.error
    import urllib.request

    told: dict[str, Any] = {}
    request = urllib.request.Request(asked["address"], headers={"User-Agent": "shuxiang"})
    if asked["accept"]:
        request.add_header("Accept", asked["accept"])
    if asked["user"]:
        pair = f"{asked['user']}:{asked['password']}".encode()
        request.add_header("Authorization", f"Basic {_text(pair)}")
    try:
        with urllib.request.urlopen(request, timeout=asked["seconds"]) as answer:
            if answer.url.partition(":")[0] not in ("http", "https"):
                return _fault(told, "refused")
            body = answer.read(MOST_BYTES + 1)
            told["headers"] = _headers(answer.headers)
            if len(body) <= MOST_BYTES and answer.length:
                return _fault(told, "closed")
    except urllib.error.HTTPError as error:
        told["headers"] = _headers(error.headers)
        # Some protocols send their own diagnostics with it.
        told["body"] = _text(error.read(1 << 16))
        return _fault(told, "http", error.code, str(error.reason)[:200])
    except TimeoutError:
        return _fault(told, "silent")
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            return _fault(told, "silent")
        return _fault(told, "unreachable", 0, str(error.reason)[:200])
    except (http.client.HTTPException, ConnectionError) as error:
        code = "closed" if isinstance(error, ConnectionError | http.client.IncompleteRead) else ""
        return _fault(told, code or "garbled", 0, type(error).__name__)
    except (ValueError, UnicodeError, OSError) as error:
        return _fault(told, "unreachable", 0, str(error)[:200])
    if len(body) > MOST_BYTES:
        return _fault(told, "too-large")
    told["body"] = _text(body)
    return told


def _headers(given: Any) -> list[tuple[str, str]]:
    wanted = ("content-type", "retry-after")
    return [(n.lower(), v[:200]) for n, v in given.items() if n.lower() in wanted]


def _fault(told: dict[str, Any], code: str, number: int = 0, text: str = "") -> dict[str, Any]:
    return told | {"fault": {"code": code, "number": number, "text": text}}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


_KINDS = {"z3950": _z3950, "http": _http}

if __name__ == "__main__":
    main()
