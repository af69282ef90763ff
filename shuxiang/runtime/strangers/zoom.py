"""A small binding to the ZOOM client of libyaz, the Z39.50 library of the system.

Run in the child process only: a call blocks until the target answers or the deadline passes.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_void_p
from dataclasses import dataclass

NAMES = ("libyaz.so.5", "libyaz.5.dylib")

_ERRORS = {
    10000: "unreachable",
    10003: "garbled",
    10004: "closed",
    10005: "refused",
    10007: "silent",
    10008: "garbled",
}
"""Errors of the client itself → our code."""


class AbsentError(Exception):
    """libyaz is not installed."""


class TargetError(Exception):
    """The target did not answer as asked: ``code`` as in `asking.Fault`."""

    def __init__(self, code: str, number: int = 0, text: str = "") -> None:
        super().__init__(code, number, text)
        self.code, self.number, self.text = code, number, text


def _library() -> ctypes.CDLL:
    for name in NAMES:
        try:
            found = ctypes.CDLL(name)
        except OSError:
            continue
        _declare(found)
        return found
    raise AbsentError


def _declare(yaz: ctypes.CDLL) -> None:
    signatures = {
        "ZOOM_connection_create": (c_void_p, [c_void_p]),
        "ZOOM_connection_connect": (None, [c_void_p, c_char_p, c_int]),
        "ZOOM_connection_destroy": (None, [c_void_p]),
        "ZOOM_connection_option_get": (c_char_p, [c_void_p, c_char_p]),
        "ZOOM_connection_option_set": (None, [c_void_p, c_char_p, c_char_p]),
        "ZOOM_connection_error_x": (
            c_int,
            [c_void_p, POINTER(c_char_p), POINTER(c_char_p), POINTER(c_char_p)],
        ),
        "ZOOM_connection_search": (c_void_p, [c_void_p, c_void_p]),
        "ZOOM_query_create": (c_void_p, []),
        "ZOOM_query_prefix": (c_int, [c_void_p, c_char_p]),
        "ZOOM_query_destroy": (None, [c_void_p]),
        "ZOOM_resultset_size": (c_size_t, [c_void_p]),
        "ZOOM_resultset_record": (c_void_p, [c_void_p, c_size_t]),
        "ZOOM_resultset_destroy": (None, [c_void_p]),
        "ZOOM_record_get": (c_void_p, [c_void_p, c_char_p, POINTER(c_int)]),
        "ZOOM_record_error": (
            c_int,
            [c_void_p, POINTER(c_char_p), POINTER(c_char_p), POINTER(c_char_p)],
        ),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(yaz, name)
        function.restype, function.argtypes = result, arguments


@dataclass(frozen=True, slots=True)
class Found:
    """A record of a result: its bytes, and as MARCXML where that was asked for."""

    data: bytes
    syntax: str
    xml: bytes = b""


class Connection:
    """A connection to a target, ended by `close`."""

    def __init__(self, seconds: float, options: dict[str, str]) -> None:
        self._yaz = _library()
        self._deadline = time.monotonic() + seconds
        self._link = self._yaz.ZOOM_connection_create(None)
        for name, value in options.items():
            if value:
                self._set(name, value.encode())
        self._result: int | None = None

    def connect(self, host: str, port: int) -> None:
        """Raises TargetError."""
        self._count_down()
        self._yaz.ZOOM_connection_connect(self._link, host.encode("idna"), port)
        self._check()

    @property
    def agreed_charset(self) -> str:
        """The character set the target agreed to, '' where none was."""
        found = self._yaz.ZOOM_connection_option_get(self._link, b"negotiation-charset")
        return (found or b"").decode("ascii", "replace").lower()

    def search(self, pqf: bytes) -> int:
        """The number of records found. Raises TargetError."""
        query = self._yaz.ZOOM_query_create()
        if self._yaz.ZOOM_query_prefix(query, pqf):
            raise TargetError("diagnostic", 108, "PQF")
        self._count_down()
        self._result = self._yaz.ZOOM_connection_search(self._link, query)
        self._yaz.ZOOM_query_destroy(query)
        self._check()
        return int(self._yaz.ZOOM_resultset_size(self._result))

    def records(self, most: int, marc8: bool) -> Iterator[Found]:
        """The first records of the result. Raises TargetError, what came before it is given."""
        for position in range(most):
            self._count_down()
            record = self._yaz.ZOOM_resultset_record(self._result, position)
            self._check()
            if not record:
                return
            number, text, more = c_int(0), c_char_p(), c_char_p()
            number = self._yaz.ZOOM_record_error(record, byref(text), byref(more), None)
            if number:
                raise TargetError("diagnostic", number, _text(more) or _text(text))
            data = self._get(record, b"raw")
            syntax = self._get(record, b"syntax").decode("ascii", "replace").lower()
            xml = b""
            if marc8 and data[9:10] != b"a":
                xml = self._get(record, b"xml; charset=marc-8,utf-8")
            yield Found(data, syntax, xml)

    def close(self) -> None:
        """End the connection; the target is not waited for."""
        if self._result:
            self._yaz.ZOOM_resultset_destroy(self._result)
        self._yaz.ZOOM_connection_destroy(self._link)

    def _get(self, record: int, form: bytes) -> bytes:
        length = c_int(0)
        found = self._yaz.ZOOM_record_get(record, form, byref(length))
        if not found:
            return b""
        return ctypes.string_at(found, length.value) if length.value >= 0 else b""

    def _set(self, name: str, value: bytes) -> None:
        self._yaz.ZOOM_connection_option_set(self._link, name.encode(), value)

    def _count_down(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TargetError("silent")
        # Whole seconds are what it takes; the alarm of the process keeps the rest.
        self._set("timeout", str(max(1, int(left))).encode())

    def _check(self) -> None:
        text, more, owner = c_char_p(), c_char_p(), c_char_p()
        number = self._yaz.ZOOM_connection_error_x(
            self._link, byref(text), byref(more), byref(owner)
        )
        if not number:
            return
        if _text(owner) == "ZOOM":
            raise TargetError(_ERRORS.get(number, "garbled"), 0, _text(more) or _text(text))
        said = " ".join(part for part in (_text(text), _text(more)) if part)
        raise TargetError("diagnostic", number, said)


def _text(value: c_char_p) -> str:
    return (value.value or b"").decode("utf-8", "replace")[:300]
