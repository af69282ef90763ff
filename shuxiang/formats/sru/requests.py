"""Reading SRU requests of versions 1.1, 1.2 and 2.0.

Sources: SRU 1.1 and 1.2 (Library of Congress); OASIS searchRetrieve 1.0, parts 3 (SRU 2.0) and 6
(scan). A fault that concerns the whole request is a diagnostic of the standard's list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

Version = Literal["1.1", "1.2", "2.0"]
Operation = Literal["explain", "searchRetrieve", "scan"]

VERSIONS: Final[tuple[Version, ...]] = ("1.1", "1.2", "2.0")
MOST_RECORDS: Final = 100
"""Most records of one answer."""

MESSAGES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "General system error",
        4: "Unsupported operation",
        5: "Unsupported version",
        6: "Unsupported parameter value",
        7: "Mandatory parameter not supplied",
        8: "Unsupported parameter",
        10: "Query syntax error",
        12: "Too many characters in query",
        13: "Invalid or unsupported use of parentheses",
        15: "Unsupported context set",
        16: "Unsupported index",
        18: "Unsupported combination of indexes",
        19: "Unsupported relation",
        20: "Unsupported relation modifier",
        22: "Unsupported combination of relation and index",
        27: "Empty term unsupported",
        37: "Unsupported boolean operator",
        38: "Too many boolean operators in query",
        40: "Unsupported proximity relation",
        46: "Unsupported boolean modifier",
        48: "Query feature unsupported",
        60: "Result set not created: too many matching records",
        61: "First record position out of range",
        66: "Unknown schema for retrieval",
        71: "Unsupported record packing",
        80: "Sort not supported",
        82: "Unsupported sort sequence",
        84: "Unsupported schema for sort",
    }
)


class SruFault(ValueError):
    """A request that is answered with a diagnostic alone."""

    def __init__(self, diagnostic: int, details: str = "", version: Version = "1.2") -> None:
        super().__init__(f"{MESSAGES[diagnostic]}: {details}")
        self.diagnostic = diagnostic
        self.details = details
        self.version: Version = version


@dataclass(frozen=True, slots=True)
class SruRequest:
    """A request that is formally right.

    Attributes:
        start: number of the first record wanted, from 1; maximum: how many, at most
            `MOST_RECORDS`; schema: short name or URI as given, '' for ours.
        escaped: records as escaped text instead of XML.
        given: every parameter, for the echo.
    """

    operation: Operation
    version: Version
    query: str = ""
    start: int = 1
    maximum: int = 10
    schema: str = ""
    escaped: bool = False
    sort_keys: str = ""
    given: Mapping[str, str] = field(default_factory=dict)


def read(parameters: Iterable[tuple[str, str]]) -> SruRequest:
    """Read the parameters of a request, in GET or POST.

    Without an operation, a query asks for records and anything else for the explain record, as
    2.0 has it and clients of all versions do.

    Raises SruFault.
    """
    given = {name: value for name, value in parameters if value}
    version = _version(given)
    operation = given.get("operation", "")
    if not operation:
        operation = "searchRetrieve" if "query" in given else "explain"
        operation = "scan" if "scanClause" in given else operation
    if operation == "explain":
        return SruRequest("explain", version, escaped=_escaped(given, version), given=given)
    if operation == "scan":
        if "scanClause" not in given:
            raise SruFault(7, "scanClause", version)
        return SruRequest(
            "scan",
            version,
            given["scanClause"],
            start=_number(given, "responsePosition", 1, 0, version),
            maximum=min(_number(given, "maximumTerms", 20, 1, version), MOST_RECORDS),
            given=given,
        )
    if operation != "searchRetrieve":
        raise SruFault(4, operation, version)
    if "query" not in given:
        raise SruFault(7, "query", version)
    if given.get("queryType", "cql") not in ("cql", "searchTerms"):
        raise SruFault(6, f"queryType: {given['queryType']}", version)
    return SruRequest(
        "searchRetrieve",
        version,
        given["query"],
        start=_number(given, "startRecord", 1, 1, version),
        maximum=min(_number(given, "maximumRecords", 10, 0, version), MOST_RECORDS),
        schema=given.get("recordSchema", ""),
        escaped=_escaped(given, version),
        sort_keys=given.get("sortKeys", ""),
        given=given,
    )


def _version(given: Mapping[str, str]) -> Version:
    text = given.get("version", "")
    if not text:
        return "1.2" if "operation" in given else "2.0"
    for known in VERSIONS:
        if text == known:
            return known
    raise SruFault(5, "2.0" if text > "2.0" else "1.2")


def _escaped(given: Mapping[str, str], version: Version) -> bool:
    name = "recordXMLEscaping" if version == "2.0" else "recordPacking"
    value = given.get(name, "xml")
    if value not in ("xml", "string"):
        raise SruFault(71, value, version)
    return value == "string"


def _number(given: Mapping[str, str], name: str, default: int, least: int, version: Version) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9) or int(text) < least:
        raise SruFault(6, f"{name}: {text}", version)
    return int(text)
