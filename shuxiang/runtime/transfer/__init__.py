"""A whole library as a folder that anybody can read: a JSON line a row, a file a table, and a manifest
with counts and hashes; written out, read into an empty library, and held against one."""

from shuxiang.runtime.transfer.comparing import Difference, differences
from shuxiang.runtime.transfer.files import (
    MANIFEST,
    Damaged,
    File,
    Manifest,
    Table,
    digest,
    read_manifest,
    verify,
)
from shuxiang.runtime.transfer.layout import columns, tables, touching
from shuxiang.runtime.transfer.loading import load_postgres, load_sqlite
from shuxiang.runtime.transfer.reading import Reading, snapshot

__all__ = [
    "MANIFEST",
    "Damaged",
    "Difference",
    "File",
    "Manifest",
    "Reading",
    "Table",
    "columns",
    "differences",
    "digest",
    "load_postgres",
    "load_sqlite",
    "read_manifest",
    "snapshot",
    "tables",
    "touching",
    "verify",
]
