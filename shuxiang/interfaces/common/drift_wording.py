"""Reasons about registered sites and drifting books in words; a part of `wording.WORDING`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as N  # noqa: N812 - as in wording

DRIFT: dict[str, str] = {
    "site-kind-unknown": N("There is no sort of site %(kind)s."),
    "plaque-in-future": N("The plaque is put up on a day still to come: %(day)s."),
    "agreement-reversed": N("The agreement ends before it begins."),
    "site-end-invalid": N("A site ends today at the latest, and not before its plaque was put up."),
    "site-unknown": N("There is no such site, or it has ended."),
    "link-unknown": N("This keeper's address works no longer: ask the library for a new one."),
    "books-none": N("No book is named."),
    "books-too-many": N("%(most)s books at most."),
    "book-title-missing": N("Every book needs a title."),
    "drift-book-unknown": N("No book drifts under this code: it may have been taken out."),
    "drift-book-of-stock": N("This book belongs to the library's stock: the library takes it out."),
    "step-unknown": N("Say whether you take it, put it back or left it somewhere."),
    "where-missing": N("Write where you left it."),
    "count-kind-unknown": N("There is no such way of counting."),
    "count-number-invalid": N("A shelf holds from 0 to %(most)s books."),
    "count-sample-invalid": N(
        "The sample does not fit the shelf, on which %(expected)s books should stand: begin again."
    ),
    "count-code-unknown": N("No book drifts under the code %(code)s."),
    "problem-empty": N("Write what is wrong."),
    "problem-unknown": N("There is no such report, or somebody has settled it."),
}
