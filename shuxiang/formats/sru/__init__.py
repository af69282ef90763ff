"""SRU 1.1, 1.2 and 2.0: searching the catalogue from elsewhere."""

from shuxiang.formats.sru.answers import (
    SCHEMAS,
    Diagnostic,
    Index,
    ScannedTerm,
    Schema,
    Server,
    explain,
    fault,
    records,
    scan,
    schema_of,
)
from shuxiang.formats.sru.requests import (
    MESSAGES,
    MOST_RECORDS,
    SruFault,
    SruRequest,
    Version,
    read,
)

__all__ = [
    "MESSAGES",
    "MOST_RECORDS",
    "SCHEMAS",
    "Diagnostic",
    "Index",
    "ScannedTerm",
    "Schema",
    "Server",
    "SruFault",
    "SruRequest",
    "Version",
    "explain",
    "fault",
    "read",
    "records",
    "scan",
    "schema_of",
]
