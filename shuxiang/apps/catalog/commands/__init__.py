"""The only writers of bibliographic records and import batches."""

from shuxiang.apps.catalog.commands.merging import merge_titles, undo_merge
from shuxiang.apps.catalog.commands.short_titles import (
    add_short_title,
    change_title,
    new_title_reasons,
)
from shuxiang.apps.catalog.commands.titles import add_title, mark_age, remove_title, replace_record
from shuxiang.apps.catalog.queries import fingerprint

__all__ = [
    "add_short_title",
    "add_title",
    "change_title",
    "fingerprint",
    "mark_age",
    "merge_titles",
    "new_title_reasons",
    "remove_title",
    "replace_record",
    "undo_merge",
]
