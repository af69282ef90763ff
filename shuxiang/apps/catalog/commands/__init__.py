"""The only writers of bibliographic records and import batches."""

from shuxiang.apps.catalog.commands.marc_records import (
    Saved,
    add_record,
    catalogued,
    flag_pending,
    reset_template,
    restore_record,
    save_record,
    set_template,
)
from shuxiang.apps.catalog.commands.merging import merge_titles, undo_merge
from shuxiang.apps.catalog.commands.short_titles import (
    add_short_title,
    change_title,
    new_title_reasons,
)
from shuxiang.apps.catalog.commands.titles import (
    STILL,
    add_title,
    mark_age,
    redate,
    remove_title,
    replace_record,
)
from shuxiang.apps.catalog.queries import fingerprint

__all__ = [
    "STILL",
    "Saved",
    "add_record",
    "add_short_title",
    "add_title",
    "catalogued",
    "change_title",
    "fingerprint",
    "flag_pending",
    "mark_age",
    "merge_titles",
    "new_title_reasons",
    "redate",
    "remove_title",
    "replace_record",
    "reset_template",
    "restore_record",
    "save_record",
    "set_template",
    "undo_merge",
]
