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
    # authorities
    "authority-unknown": N("There is no such authority."),
    "authority-kind-unknown": N("There is no such sort of authority: %(kind)s"),
    "authority-known": N("There is an authority %(heading)s with these years already."),
    "authority-in-use": N("%(count)s titles name it."),
    "heading-missing": N("The heading is missing."),
    "heading-same": N("This is the heading already."),
    "see-also-unknown": N(
        "%(heading)s is not the heading of another authority, or of more than one: write the years "
        "behind it."
    ),
    "names-too-many": N("At most %(most)s other forms can be kept."),
    # classification and call numbers
    "class-table-empty": N("No row of this file could be used."),
    "class-table-large": N("A table has at most %(most)s rows."),
    "table-unreadable": N("This file can't be read as a table of at most 20 MB."),
    "class-row-number": N("Row %(row)s: %(text)s is no class number."),
    "class-row-heading": N("Row %(row)s: %(text)s has no heading."),
    "class-row-twice": N("Row %(row)s: %(text)s stands there twice."),
    "author-row-unreadable": N("Row %(row)s can't be read: %(text)s"),
    "author-number-missing": N("The table has no author number for %(name)s."),
    "number-no-gap": N("No number below the highest is free in %(number)s."),
    "number-range": N("Write a number from 1 to %(most)s."),
    "number-below-highest": N("The number %(highest)s is on the shelves already."),
    # batch edits
    "edit-unknown": N("There is no batch %(number)s."),
    "edit-not-draft": N("This batch was run already."),
    "edit-not-done": N("Only a finished batch can be taken back."),
    "edit-nothing-chosen": N("No record or item was found by what was given."),
    "edit-too-many": N("%(count)s were found; a batch takes %(most)s at most."),
    "edit-kind-unknown": N("There is no such change: %(kind)s"),
    "edit-tag-invalid": N("%(tag)s is no field that can be changed: three digits, not 001 or 005."),
    "edit-code-invalid": N("Write the subfield as one letter or digit."),
    "edit-find-missing": N("Write the text to find."),
    "edit-value-missing": N("Write the new text."),
    "edit-subfields-unreadable": N("Write the subfields like $a…$b…"),
    "edit-indicators-invalid": N("Indicators are two characters."),
    "edit-field-unknown": N("There is no such field of items: %(field)s"),
    "edit-changed-since": N("Somebody changed it since."),
    "title-merged-since": N("%(title)s was merged with another record since."),
}
