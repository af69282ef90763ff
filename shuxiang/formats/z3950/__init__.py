"""Z39.50: a query of attributes and terms as CQL, what records are given out as. No network."""

from shuxiang.formats.z3950.bib1 import Bib1Fault, Joined, Term, cql, scan_clause, sru_fault
from shuxiang.formats.z3950.records import SYNTAXES, UnreadableError, converted, schema_of

__all__ = [
    "SYNTAXES",
    "Bib1Fault",
    "Joined",
    "Term",
    "UnreadableError",
    "converted",
    "cql",
    "scan_clause",
    "schema_of",
    "sru_fault",
]
