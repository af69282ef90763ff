"""The gateway: each search, record and scan of a Z39.50 client asked of the SRU server.

One process without threads, as libyaz's server runs it; the answers of SRU are short. Whatever goes
wrong behind it becomes a diagnostic, and the session goes on.
"""

from __future__ import annotations

import ctypes
import itertools
import logging
import urllib.error
import urllib.parse
import urllib.request
from ctypes import POINTER, c_int
from dataclasses import dataclass, field
from typing import Any

from shuxiang.formats import targets, z3950
from shuxiang.formats.marc.charset import GB18030, UTF8, Charset
from shuxiang.formats.targets import SruAnswer
from shuxiang.formats.z3950 import Bib1Fault
from shuxiang.interfaces.z3950 import yaz
from shuxiang.kernel import clock

log = logging.getLogger("shuxiang.z3950")

DATABASES: dict[str, Charset | None] = {"default": None, "utf-8": UTF8, "gb18030": GB18030}
"""Database → character set of its records; of the first the server's."""
AT_ONCE = 20
SECONDS = 10
MOST_SETS = 50
MOST_BYTES = 16 << 20
IDLE_MINUTES = 15
UNAVAILABLE = 109
TEMPORARY = 2


class Sru:
    """The SRU server behind the gateway."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def _get(self, **given: str) -> bytes:
        url = f"{self._base}?{urllib.parse.urlencode({'version': '1.2', **given})}"
        try:
            with self._opener.open(url, timeout=SECONDS) as answer:
                return bytes(answer.read(MOST_BYTES))
        except (OSError, ValueError) as error:
            log.warning("the SRU server at %s does not answer: %s", self._base, error)
            raise Bib1Fault(UNAVAILABLE, "catalogue") from None

    def search(self, query: str, start: int, most: int, schema: str) -> SruAnswer:
        """Raises Bib1Fault."""
        document = self._get(
            operation="searchRetrieve",
            query=query,
            startRecord=str(start),
            maximumRecords=str(most),
            recordSchema=schema,
        )
        return _sound(targets.read_sru(document))

    def scan(self, clause: str, most: int) -> tuple[tuple[str, int], ...]:
        """Raises Bib1Fault."""
        document = self._get(operation="scan", scanClause=clause, maximumTerms=str(most))
        answer = _sound(targets.read_sru(document))
        return answer.terms


def _sound(answer: SruAnswer) -> SruAnswer:
    for told in answer.diagnostics:
        raise z3950.sru_fault(told.number, told.text)
    if not answer.answered:
        raise Bib1Fault(UNAVAILABLE, "catalogue")
    return answer


@dataclass(slots=True)
class Result:
    """A result set: its query, hits, character set, and the records fetched last."""

    query: str
    hits: int
    charset: Charset
    schema: str = ""
    first: int = 0
    parts: tuple[bytes, ...] = ()

    def record(self, sru: Sru, number: int, schema: str) -> bytes:
        """The record at a position, from 1. Raises Bib1Fault."""
        if not 1 <= number <= self.hits:
            raise Bib1Fault(13, str(number))
        if schema != self.schema or not self.first <= number < self.first + len(self.parts):
            answer = sru.search(self.query, number, AT_ONCE, schema)
            self.schema, self.first, self.parts = schema, number, answer.parts
        if not self.parts:
            raise Bib1Fault(14)
        return self.parts[number - self.first]


@dataclass(slots=True)
class Session:
    """A client's connection."""

    results: dict[str, Result] = field(default_factory=dict)


class Gateway:
    """Serves Z39.50 by libyaz. Raises yaz.AbsentError when there is none."""

    def __init__(self, base: str, charset: Charset = UTF8) -> None:
        self._sru = Sru(base)
        self._charset = charset
        self._yaz = yaz.Yaz()
        self._sessions: dict[int, Session] = {}
        self._numbers = itertools.count(1)
        # Kept, or the collector would take them away from under libyaz.
        self._search = yaz.Handler(self._searched)
        self._fetch = yaz.Handler(self._fetched)
        self._scan = yaz.Handler(self._scanned)
        self._init = yaz.Init(self._begun)
        self._close = yaz.Close(self._ended)

    def serve(self, host: str, port: int) -> int:
        """Serve until told to stop."""
        where = f"tcp:[{host}]:{port}" if ":" in host else f"tcp:{host}:{port}"
        arguments = ["shuxiang", "-S", "-t", str(IDLE_MINUTES), "-v", "none,fatal,warn", where]
        return self._yaz.serve(arguments, self._init, self._close)

    def _begun(self, request: Any) -> int:
        asked = request.contents
        asked.bend_search, asked.bend_fetch, asked.bend_scan = (
            self._search,
            self._fetch,
            self._scan,
        )
        asked.named_result_sets = 1
        asked.implementation_name = self._yaz.text(asked.stream, "Shuxiang")
        number = next(self._numbers)
        self._sessions[number] = Session()
        result = yaz.InitResult(0, None, number)
        return self._yaz.allocate(asked.stream, bytes(result))

    def _ended(self, handle: int | None) -> None:
        self._sessions.pop(handle or 0, None)

    def _database(self, count: int, names: Any) -> Charset:
        if count != 1:
            raise Bib1Fault(111)
        name = (names[0] or b"").decode("ascii", "replace")
        if name.lower() not in DATABASES:
            raise Bib1Fault(235, name[:40])
        return DATABASES[name.lower()] or self._charset

    def _searched(self, handle: int, place: int) -> int:
        asked = ctypes.cast(place, POINTER(yaz.SearchRequest)).contents
        with _Answering(self._yaz, asked):
            session = self._sessions[handle]
            name = (asked.setname or b"default").decode("latin-1")[:100]
            if name in session.results and not asked.replace_set:
                raise Bib1Fault(21, name)
            session.results.pop(name, None)
            charset = self._database(asked.num_bases, asked.basenames)
            query = z3950.cql(self._yaz.query(asked, charset))
            hits = self._sru.search(query, 1, 0, "marcxml").hits
            if len(session.results) >= MOST_SETS:
                raise Bib1Fault(112, str(MOST_SETS))
            session.results[name] = Result(query, hits, charset)
            asked.hits = hits
        return 0

    def _fetched(self, handle: int, place: int) -> int:
        asked = ctypes.cast(place, POINTER(yaz.FetchRequest)).contents
        with _Answering(self._yaz, asked):
            name = (asked.setname or b"default").decode("latin-1")[:100]
            result = self._sessions[handle].results.get(name)
            if result is None:
                raise Bib1Fault(30, name)
            oid = self._yaz.dotted(asked.format) or "1.2.840.10003.5.10"
            syntax = z3950.SYNTAXES.get(oid)
            if syntax is None:
                raise Bib1Fault(239, oid)
            schema = z3950.schema_of(syntax, self._element_set(asked))
            xml = result.record(self._sru, asked.number, schema)
            try:
                data = z3950.converted(xml, syntax, result.charset, today=clock.now())
            except z3950.UnreadableError:
                asked.surrogate = 1
                raise Bib1Fault(14, str(asked.number)) from None
            asked.record = self._yaz.allocate(asked.stream, data + b"\0")
            asked.len = len(data)
            asked.output_format = asked.format
            asked.basename = self._yaz.text(asked.stream, "Default")
            asked.last_in_set = int(asked.number >= result.hits)
        return 0

    @staticmethod
    def _element_set(asked: Any) -> str:
        if not asked.composition or asked.composition.contents.which != 1:
            return ""
        names = ctypes.cast(asked.composition.contents.value, POINTER(yaz.Choice)).contents
        if names.which != 1:
            return ""
        return (ctypes.cast(names.value, ctypes.c_char_p).value or b"").decode("latin-1")

    def _scanned(self, handle: int, place: int) -> int:
        asked = ctypes.cast(place, POINTER(yaz.ScanRequest)).contents
        with _Answering(self._yaz, asked):
            wanted, asked.num_entries = asked.num_entries, 0
            charset = self._database(asked.num_bases, asked.basenames)
            if asked.step_size and asked.step_size[0] != 0:
                raise Bib1Fault(205, str(asked.step_size[0]))
            term = self._yaz.term(asked.term.contents, charset)
            # What stands before the term is not known; the answer says that it is not all.
            before = max(0, asked.term_position - 1)
            most = max(0, wanted - before)
            found = self._sru.scan(z3950.scan_clause(term), most) if most else ()
            for number, (value, count) in enumerate(found[:most]):
                entry = asked.entries[number]
                data = value.encode(charset, "replace") + b"\0"
                entry.term = self._yaz.allocate(asked.stream, data)
                entry.occurrences = count
                entry.display_term = None
            asked.num_entries = len(found[:most])
            asked.term_position = 1
            asked.status = int(before > 0 or len(found) < most)
        return 0


class _Answering:
    """Turns what goes wrong while a request is answered into its diagnostic."""

    def __init__(self, library: yaz.Yaz, asked: Any) -> None:
        self._yaz, self._asked = library, asked

    def __enter__(self) -> None:
        self._asked.errcode = 0

    def __exit__(self, kind: Any, error: BaseException | None, _trace: Any) -> bool:
        if error is None:
            return False
        if not isinstance(error, Bib1Fault):
            log.error("a request could not be answered", exc_info=error)
            error = Bib1Fault(TEMPORARY)
        self._asked.errcode = c_int(error.number)
        if error.addition:
            self._asked.errstring = self._yaz.text(self._asked.stream, error.addition[:200])
        return True
