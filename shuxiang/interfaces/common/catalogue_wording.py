"""Reasons of duplicates, merges, authorities, batch edits and classification in words."""

from __future__ import annotations

from django.utils.translation import gettext_noop

N = gettext_noop

CATALOGUE: dict[str, str] = {
    # duplicates and merges
    "duplicate-search-stopped": N("This search for duplicates was stopped by a newer one."),
    "duplicate-unknown": N("There is no such pair of titles any more."),
    "merge-itself": N("A record can't be merged with itself."),
    "merge-gone": N("%(title)s was merged into another record already."),
    "merge-libraries": N("The records belong to two libraries and can't be merged."),
    "merge-two-copies-aside": N(
        "%(count)s readers have a copy set aside on both titles: settle these holds first."
    ),
    "merge-unknown": N("There is no such merge."),
    "merge-undone": N("This merge was taken back already."),
    "merge-newer": N("A later merge with %(title)s must be taken back first."),
    "merge-record-changed": N("The record was changed since; the merge can't be taken back."),
    "merge-item-moved": N("The copy %(barcode)s was given to another title since."),
    "merge-items-gone": N("%(count)s of the copies that were moved are gone."),
    "merge-copies-crossed": N(
        "Since the merge %(count)s holds have got copies that belong to the other title."
    ),
    "merge-holds-since": N("%(count)s readers have reserved the title again since."),
    "record-formats-differ": N(
        "One record is CNMARC, the other MARC 21: fields can't be taken over."
    ),
    "title-merged": N("This record was merged into another: change that one."),
    "title-in-merge": N("The record is part of a merge and can't be removed."),
    "title-merged-since": N("%(title)s was merged with another record since."),
}
