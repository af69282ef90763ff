"""The only writers of bibliographic records and import batches."""

from shuxiang.apps.catalog.commands.titles import add_title, remove_title, replace_record

__all__ = ["add_title", "remove_title", "replace_record"]
