"""Writing OAI-PMH 2.0 answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ '
    'http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">\n'
)


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """A form records are given out in."""

    prefix: str
    schema: str
    namespace: str


FORMATS: Final = (
    MetadataFormat(
        "oai_dc",
        "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
        "http://www.openarchives.org/OAI/2.0/oai_dc/",
    ),
    MetadataFormat(
        "marcxml",
        "http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd",
        "http://www.loc.gov/MARC21/slim",
    ),
    MetadataFormat(
        "marcxchange",
        "http://www.loc.gov/standards/iso25577/marcxchange-2-0.xsd",
        "info:lc/xmlns/marcxchange-v2",
    ),
)


@dataclass(frozen=True, slots=True)
class OaiRecord:
    """A record, or what is left of it.

    Attributes:
        identifier: ``oai:…``; changed: its datestamp; sets: setSpecs.
        metadata: XML of the form asked for, None in headers and of deleted records.
    """

    identifier: str
    changed: datetime
    sets: tuple[str, ...] = ()
    deleted: bool = False
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class Resumption:
    """The element that ends an incomplete list; ``token`` is '' in its last part."""

    token: str
    size: int
    cursor: int
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """What Identify says."""

    name: str
    base_url: str
    email: str
    earliest: datetime
    identifier_scheme: str
    sample: str


def stamp(moment: datetime) -> str:
    """UTC to the second: ``2026-11-23T07:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def answer(
    parts: Iterable[str], *, base_url: str, verb: str, arguments: Mapping[str, str], now: datetime
) -> Iterator[str]:
    """A whole answer around the parts of one verb."""
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in arguments.items())
    yield _HEAD
    yield f"<responseDate>{stamp(now)}</responseDate>\n"
    yield f'<request verb="{verb}"{attributes}>{escape(base_url)}</request>\n'
    yield f"<{verb}>\n"
    yield from parts
    yield f"</{verb}>\n</OAI-PMH>\n"


def fault(
    code: str,
    message: str,
    *,
    base_url: str,
    verb: str,
    arguments: Mapping[str, str],
    now: datetime,
) -> str:
    """The answer to a request that can't be answered. Its arguments are not repeated where they or
    the verb are what is wrong."""
    attributes = ""
    if code not in ("badVerb", "badArgument"):
        given = {"verb": verb, **arguments}
        attributes = "".join(f" {name}={quoteattr(value)}" for name, value in given.items())
    return (
        f"{_HEAD}<responseDate>{stamp(now)}</responseDate>\n"
        f"<request{attributes}>{escape(base_url)}</request>\n"
        f'<error code="{code}">{escape(message)}</error>\n</OAI-PMH>\n'
    )


def identify(repository: Repository) -> Iterator[str]:
    """The parts of Identify."""
    yield f"<repositoryName>{escape(repository.name)}</repositoryName>\n"
    yield f"<baseURL>{escape(repository.base_url)}</baseURL>\n"
    yield "<protocolVersion>2.0</protocolVersion>\n"
    yield f"<adminEmail>{escape(repository.email)}</adminEmail>\n"
    yield f"<earliestDatestamp>{stamp(repository.earliest)}</earliestDatestamp>\n"
    yield "<deletedRecord>persistent</deletedRecord>\n"
    yield "<granularity>YYYY-MM-DDThh:mm:ssZ</granularity>\n"
    yield (
        '<description><oai-identifier xmlns="http://www.openarchives.org/OAI/2.0/oai-identifier" '
        'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/oai-identifier '
        'http://www.openarchives.org/OAI/2.0/oai-identifier.xsd">'
        "<scheme>oai</scheme>"
        f"<repositoryIdentifier>{escape(repository.identifier_scheme)}</repositoryIdentifier>"
        f"<delimiter>:</delimiter><sampleIdentifier>{escape(repository.sample)}</sampleIdentifier>"
        "</oai-identifier></description>\n"
    )


def formats() -> Iterator[str]:
    """The parts of ListMetadataFormats."""
    for each in FORMATS:
        yield (
            f"<metadataFormat><metadataPrefix>{each.prefix}</metadataPrefix>"
            f"<schema>{each.schema}</schema>"
            f"<metadataNamespace>{each.namespace}</metadataNamespace></metadataFormat>\n"
        )


def sets(found: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The parts of ListSets from (setSpec, name)."""
    for spec, name in found:
        yield f"<set><setSpec>{escape(spec)}</setSpec><setName>{escape(name)}</setName></set>\n"


def header(record: OaiRecord) -> str:
    """The header of a record."""
    status = ' status="deleted"' if record.deleted else ""
    within = "".join(f"<setSpec>{escape(spec)}</setSpec>" for spec in record.sets)
    return (
        f"<header{status}><identifier>{escape(record.identifier)}</identifier>"
        f"<datestamp>{stamp(record.changed)}</datestamp>{within}</header>\n"
    )


def record(found: OaiRecord) -> str:
    """A record with its header."""
    metadata = "" if found.metadata is None else f"<metadata>{found.metadata}</metadata>"
    return f"<record>{header(found)}{metadata}</record>\n"


def resumption(found: Resumption) -> str:
    """The element that ends a part of a list."""
    expires = f' expirationDate="{stamp(found.expires)}"' if found.expires else ""
    return (
        f'<resumptionToken{expires} completeListSize="{found.size}" cursor="{found.cursor}">'
        f"{found.token}</resumptionToken>\n"
    )
