"""The structures of libyaz's server part that the gateway reads and fills (yaz/backend.h, YAZ 5)."""

from __future__ import annotations

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_int,
    c_longlong,
    c_size_t,
    c_void_p,
)
from typing import Any

from shuxiang.formats.z3950 import Bib1Fault, Joined, Term
from shuxiang.formats.z3950.bib1 import DEEPEST

NAMES = (("libyaz.so.5", "libyaz_server.so.5"), ("libyaz.5.dylib", "libyaz_server.5.dylib"))


class AbsentError(Exception):
    """libyaz and its server part are not installed."""


class Oct(Structure):
    _fields_ = [("buf", c_void_p), ("len", c_int)]


class AttributeElement(Structure):
    _fields_ = [
        ("set", c_void_p),
        ("type", POINTER(c_longlong)),
        ("which", c_int),
        ("value", c_void_p),
    ]


class AttributeList(Structure):
    _fields_ = [("count", c_int), ("elements", POINTER(POINTER(AttributeElement)))]


class Choice(Structure):
    """``which`` and a pointer: the shape of most unions of the protocol."""

    _fields_ = [("which", c_int), ("value", c_void_p)]


class AttributesPlusTerm(Structure):
    _fields_ = [("attributes", POINTER(AttributeList)), ("term", POINTER(Choice))]


class Complex(Structure):
    _fields_ = [
        ("left", POINTER(Choice)),
        ("right", POINTER(Choice)),
        ("operator", POINTER(Choice)),
    ]


class RpnQuery(Structure):
    _fields_ = [("set", c_void_p), ("structure", POINTER(Choice))]


class SearchRequest(Structure):
    _fields_ = [
        ("setname", c_char_p),
        ("replace_set", c_int),
        ("num_bases", c_int),
        ("basenames", POINTER(c_char_p)),
        ("reference", c_void_p),
        ("query", POINTER(Choice)),
        ("stream", c_void_p),
        ("decode", c_void_p),
        ("print", c_void_p),
        ("association", c_void_p),
        ("hits", c_longlong),
        ("errcode", c_int),
        ("errstring", c_void_p),
    ]


class FetchRequest(Structure):
    _fields_ = [
        ("setname", c_char_p),
        ("number", c_int),
        ("reference", c_void_p),
        ("format", c_void_p),
        ("composition", POINTER(Choice)),
        ("stream", c_void_p),
        ("print", c_void_p),
        ("basename", c_void_p),
        ("len", c_int),
        ("record", c_void_p),
        ("last_in_set", c_int),
        ("output_format", c_void_p),
        ("errcode", c_int),
        ("errstring", c_void_p),
        ("surrogate", c_int),
        ("schema", c_void_p),
    ]


class ScanEntry(Structure):
    _fields_ = [
        ("term", c_void_p),
        ("occurrences", c_longlong),
        ("errcode", c_int),
        ("errstring", c_void_p),
        ("display_term", c_void_p),
    ]


class ScanRequest(Structure):
    _fields_ = [
        ("num_bases", c_int),
        ("basenames", POINTER(c_char_p)),
        ("set", c_void_p),
        ("reference", c_void_p),
        ("term", POINTER(AttributesPlusTerm)),
        ("stream", c_void_p),
        ("print", c_void_p),
        ("step_size", POINTER(c_int)),
        ("term_position", c_int),
        ("num_entries", c_int),
        ("entries", POINTER(ScanEntry)),
        ("status", c_int),
        ("errcode", c_int),
        ("errstring", c_void_p),
    ]


Handler = CFUNCTYPE(c_int, c_void_p, c_void_p)


class InitRequest(Structure):
    _fields_ = [
        ("auth", c_void_p),
        ("stream", c_void_p),
        ("print", c_void_p),
        ("decode", c_void_p),
        ("reference", c_void_p),
        ("peer_name", c_char_p),
        ("charneg_request", c_void_p),
        ("charneg_response", c_void_p),
        ("query_charset", c_void_p),
        ("records_in_same_charset", c_int),
        ("implementation_id", c_void_p),
        ("implementation_name", c_void_p),
        ("implementation_version", c_void_p),
        ("bend_sort", c_void_p),
        ("bend_search", Handler),
        ("bend_fetch", Handler),
        ("bend_present", c_void_p),
        ("bend_esrequest", c_void_p),
        ("bend_delete", c_void_p),
        ("bend_scan", Handler),
        ("bend_segment", c_void_p),
        ("bend_explain", c_void_p),
        ("bend_srw_scan", c_void_p),
        ("bend_srw_update", c_void_p),
        ("named_result_sets", c_int),
    ]


class InitResult(Structure):
    _fields_ = [("errcode", c_int), ("errstring", c_void_p), ("handle", c_void_p)]


Init = CFUNCTYPE(c_void_p, POINTER(InitRequest))
Close = CFUNCTYPE(None, c_void_p)

TYPE_1, TYPE_101 = 2, 5
_GENERAL, _NUMERIC, _CHARACTERS = 1, 2, 3
_OPERATORS = {1: "and", 2: "or", 3: "not"}
_BIB1 = "1.2.840.10003.3.1"


class Yaz:
    """libyaz and its server part."""

    def __init__(self) -> None:
        for base, server in NAMES:
            try:
                self._base = ctypes.CDLL(base, mode=ctypes.RTLD_GLOBAL)
                self._server = ctypes.CDLL(server)
            except OSError:
                continue
            break
        else:
            raise AbsentError
        self._base.odr_malloc.restype = c_void_p
        self._base.odr_malloc.argtypes = [c_void_p, c_size_t]
        self._base.oid_oid_to_dotstring.restype = c_char_p
        self._base.oid_oid_to_dotstring.argtypes = [c_void_p, c_char_p]

    def allocate(self, stream: int, data: bytes) -> int:
        """A copy of ``data`` that lives as long as the answer it is part of."""
        place: int = self._base.odr_malloc(stream, max(1, len(data)))
        ctypes.memmove(place, data, len(data))
        return place

    def text(self, stream: int, value: str) -> int:
        """A copy of a text, for the answer."""
        return self.allocate(stream, value.encode() + b"\0")

    def dotted(self, oid: int | None) -> str:
        """An object identifier as text; '' for none."""
        if not oid:
            return ""
        buffer = ctypes.create_string_buffer(400)
        self._base.oid_oid_to_dotstring(oid, buffer)
        return buffer.value.decode("ascii", "replace")

    def serve(self, arguments: list[str], init: Any, close: Any) -> int:
        """Serve until told to stop; returns the status."""
        given = [a.encode() for a in arguments]
        argv = (c_char_p * (len(given) + 1))(*given, None)
        return int(self._server.statserv_main(len(given), argv, init, close))

    def query(self, request: SearchRequest, charset: str) -> Term | Joined:
        """The query of a search as a tree. Raises Bib1Fault."""
        if not request.query or request.query.contents.which not in (TYPE_1, TYPE_101):
            raise Bib1Fault(107)
        rpn = ctypes.cast(request.query.contents.value, POINTER(RpnQuery)).contents
        self._only_bib1(rpn.set)
        return self._node(rpn.structure.contents, charset, 0)

    def _node(self, structure: Choice, charset: str, depth: int) -> Term | Joined:
        if depth > DEEPEST:
            raise Bib1Fault(7, str(DEEPEST))
        if structure.which == 2:
            both = ctypes.cast(structure.value, POINTER(Complex)).contents
            operator = _OPERATORS.get(both.operator.contents.which)
            if operator is None:
                raise Bib1Fault(110, "proximity")
            return Joined(
                operator,  # type: ignore[arg-type]
                self._node(both.left.contents, charset, depth + 1),
                self._node(both.right.contents, charset, depth + 1),
            )
        operand = ctypes.cast(structure.value, POINTER(Choice)).contents
        if operand.which != 1:
            raise Bib1Fault(18, "result set as operand")
        apt = ctypes.cast(operand.value, POINTER(AttributesPlusTerm)).contents
        return self.term(apt, charset)

    def term(self, given: AttributesPlusTerm, charset: str) -> Term:
        """A term with its attributes. Raises Bib1Fault."""
        attributes: dict[int, int] = {}
        listed = given.attributes.contents if given.attributes else None
        for number in range(listed.count if listed else 0):
            assert listed is not None
            element = listed.elements[number].contents
            self._only_bib1(element.set)
            kind = int(element.type[0])
            if element.which != 1:
                raise Bib1Fault(113 if kind not in range(1, 7) else 113 + kind, "complex value")
            attributes[kind] = int(ctypes.cast(element.value, POINTER(c_longlong))[0])
        return Term(self._words(given.term.contents, charset), attributes)

    def _words(self, term: Choice, charset: str) -> str:
        if term.which == _NUMERIC:
            return str(ctypes.cast(term.value, POINTER(c_longlong))[0])
        if term.which == _GENERAL:
            octets = ctypes.cast(term.value, POINTER(Oct)).contents
            data = ctypes.string_at(octets.buf, octets.len) if octets.buf else b""
        elif term.which == _CHARACTERS:
            data = ctypes.cast(term.value, c_char_p).value or b""
        else:
            raise Bib1Fault(229, str(term.which))
        return decoded(data[:4000], charset)

    def _only_bib1(self, oid: int | None) -> None:
        if oid and (name := self.dotted(oid)) != _BIB1:
            raise Bib1Fault(121, name)


def decoded(data: bytes, charset: str) -> str:
    """A term in the character set of the database, or in the other one where it can't be that."""
    other = "gb18030" if charset == "utf-8" else "utf-8"
    for name in (charset, other):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise Bib1Fault(125, "character set")
