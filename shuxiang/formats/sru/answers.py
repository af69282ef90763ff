"""Writing SRU answers: records, terms, the explain record, diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from shuxiang.formats.sru.requests import MESSAGES, SruRequest, Version

_NAMESPACES: Final[Mapping[Version, tuple[str, str]]] = {
    "1.1": ("http://www.loc.gov/zing/srw/", "http://www.loc.gov/zing/srw/diagnostic/"),
    "1.2": ("http://www.loc.gov/zing/srw/", "http://www.loc.gov/zing/srw/diagnostic/"),
    "2.0": (
        "http://docs.oasis-open.org/ns/search-ws/sruResponse",
        "http://docs.oasis-open.org/ns/search-ws/diagnostic",
    ),
}
_SCAN_2: Final = "http://docs.oasis-open.org/ns/search-ws/scan"
_ZEEREX: Final = "http://explain.z3950.org/dtd/2.0/"


@dataclass(frozen=True, slots=True)
class Schema:
    """A form records are given out in: its short name, URI and title."""

    name: str
    uri: str
    title: str


SCHEMAS: Final = (
    Schema("marcxml", "info:srw/schema/1/marcxml-v1.1", "MARCXML"),
    Schema("marcxchange", "info:lc/xmlns/marcxchange-v2", "MarcXchange (ISO 25577)"),
    Schema("dc", "info:srw/schema/1/dc-v1.1", "Dublin Core"),
)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A fault of the standard's list."""

    number: int
    details: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """An index of the explain record: its set, name, title, and the relations it takes."""

    set_: str
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class ScannedTerm:
    """A term of an index and the number of records it is in."""

    value: str
    records: int


@dataclass(frozen=True, slots=True)
class Server:
    """What the explain record says of a server."""

    host: str
    port: int
    database: str
    title: str
    indexes: tuple[Index, ...]
    sets: tuple[tuple[str, str], ...]


def schema_of(text: str) -> Schema | None:
    """The schema a request names by short name or URI; MARCXML where it names none."""
    if not text:
        return SCHEMAS[0]
    return next((each for each in SCHEMAS if text in (each.name, each.uri)), None)


def records(
    request: SruRequest,
    *,
    count: int,
    found: Sequence[str],
    schema: Schema,
    diagnostics: Sequence[Diagnostic] = (),
) -> str:
    """The answer to a search: ``found`` is the XML of the records from ``request.start`` on."""
    parts = [f"<numberOfRecords>{count}</numberOfRecords>"]
    if found:
        made = [
            _record(request, schema, xml, place) for place, xml in enumerate(found, request.start)
        ]
        parts.append(f"<records>{''.join(made)}</records>")
        after = request.start + len(found)
        if after <= count:
            parts.append(f"<nextRecordPosition>{after}</nextRecordPosition>")
    echo = _echo(request, "echoedSearchRetrieveRequest")
    told = _diagnostics(request.version, diagnostics)
    # 1.x has the echo before the diagnostics, 2.0 the other way round.
    parts += [told, echo] if request.version == "2.0" else [echo, told]
    if request.version == "2.0":
        parts.append("<resultCountPrecision>info:srw/vocabulary/resultCountPrecision/1/exact")
        parts.append("</resultCountPrecision>")
    return _whole("searchRetrieveResponse", request.version, "".join(parts))


def _record(request: SruRequest, schema: Schema, xml: str, place: int) -> str:
    data = escape(xml) if request.escaped else xml
    packing = "string" if request.escaped else "xml"
    tag = "recordXMLEscaping" if request.version == "2.0" else "recordPacking"
    return (
        f"<record><recordSchema>{schema.uri}</recordSchema><{tag}>{packing}</{tag}>"
        f"<recordData>{data}</recordData><recordPosition>{place}</recordPosition></record>"
    )


def fault(version: Version, diagnostic: Diagnostic, operation: str = "searchRetrieve") -> str:
    """The answer to a request that can't be answered at all."""
    told = _diagnostics(version, [diagnostic])
    if operation == "searchRetrieve":
        told = f"<numberOfRecords>0</numberOfRecords>{told}"
    return _whole(f"{operation}Response", version, told)


def scan(request: SruRequest, terms: Iterable[ScannedTerm]) -> str:
    """The answer to a scan."""
    made = [
        f"<term><value>{escape(each.value)}</value>"
        f"<numberOfRecords>{each.records}</numberOfRecords></term>"
        for each in terms
    ]
    inside = f"<terms>{''.join(made)}</terms>{_echo(request, 'echoedScanRequest')}"
    return _whole("scanResponse", request.version, inside)


def explain(request: SruRequest, server: Server) -> str:
    """The answer to an explain request, with its ZeeRex record."""
    record = _zeerex(request.version, server)
    data = escape(record) if request.escaped else record
    packing = "string" if request.escaped else "xml"
    tag = "recordXMLEscaping" if request.version == "2.0" else "recordPacking"
    inside = (
        f"<record><recordSchema>{_ZEEREX}</recordSchema><{tag}>{packing}</{tag}>"
        f"<recordData>{data}</recordData></record>{_echo(request, 'echoedExplainRequest')}"
    )
    return _whole("explainResponse", request.version, inside)


def _zeerex(version: Version, server: Server) -> str:
    sets = "".join(
        f'<set identifier="{escape(uri)}" name="{escape(name)}"/>' for name, uri in server.sets
    )
    indexes = "".join(
        f"<index><title>{escape(each.title)}</title>"
        f'<map><name set="{escape(each.set_)}">{escape(each.name)}</name></map></index>'
        for each in server.indexes
    )
    schemas = "".join(
        f'<schema identifier="{each.uri}" name="{each.name}"><title>{each.title}</title></schema>'
        for each in SCHEMAS
    )
    return (
        f'<explain xmlns="{_ZEEREX}"><serverInfo protocol="SRU" version="{version}" '
        f'transport="http https" method="GET POST"><host>{escape(server.host)}</host>'
        f"<port>{server.port}</port><database>{escape(server.database)}</database></serverInfo>"
        f'<databaseInfo><title lang="zh" primary="true">{escape(server.title)}</title>'
        f"</databaseInfo><indexInfo>{sets}{indexes}</indexInfo>"
        f"<schemaInfo>{schemas}</schemaInfo>"
        '<configInfo><default type="numberOfRecords">10</default>'
        '<setting type="maximumRecords">100</setting></configInfo></explain>'
    )


def _whole(name: str, version: Version, inside: str) -> str:
    namespace = _NAMESPACES[version][0]
    if version == "2.0" and name == "scanResponse":
        namespace = _SCAN_2
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{name} xmlns="{namespace}"><version>{version}</version>{inside}</{name}>\n'
    )


def _echo(request: SruRequest, name: str) -> str:
    made = [
        f"<{each}>{escape(value)}</{each}>"
        for each, value in request.given.items()
        if each.isascii() and each.isalpha()
    ]
    return f"<{name}>{''.join(made)}</{name}>"


def _diagnostics(version: Version, found: Sequence[Diagnostic]) -> str:
    if not found:
        return ""
    namespace = _NAMESPACES[version][1]
    made = [
        f'<diagnostic xmlns="{namespace}"><uri>info:srw/diagnostic/1/{each.number}</uri>'
        f"<details>{escape(each.details)}</details>"
        f"<message>{MESSAGES[each.number]}</message></diagnostic>"
        for each in found
    ]
    return f"<diagnostics>{''.join(made)}</diagnostics>"
