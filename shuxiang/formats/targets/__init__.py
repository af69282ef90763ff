"""What is needed to search other libraries' catalogues: profiles, queries, answers. No network."""

from shuxiang.formats.targets.answers import (
    Diagnostic,
    SharedRecord,
    SruAnswer,
    read_marc,
    read_sru,
)
from shuxiang.formats.targets.profiles import (
    CHARSETS,
    KINDS,
    SYNTAXES,
    USUAL_CQL,
    USUAL_PQF,
    Profile,
)
from shuxiang.formats.targets.queries import Wanted, cql, pqf, sru_url

__all__ = [
    "CHARSETS",
    "KINDS",
    "SYNTAXES",
    "USUAL_CQL",
    "USUAL_PQF",
    "Diagnostic",
    "Profile",
    "SharedRecord",
    "SruAnswer",
    "Wanted",
    "cql",
    "pqf",
    "read_marc",
    "read_sru",
    "sru_url",
]
