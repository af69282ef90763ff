"""The only writers of the site register and of drifting books."""

from shuxiang.apps.drift.commands.books import New, add_books, remove_book
from shuxiang.apps.drift.commands.keeping import count_shelf, report_problem, settle_problem
from shuxiang.apps.drift.commands.register import end_link, make_link, register
from shuxiang.apps.drift.commands.trail import step

__all__ = [
    "New",
    "add_books",
    "count_shelf",
    "end_link",
    "make_link",
    "register",
    "remove_book",
    "report_problem",
    "settle_problem",
    "step",
]
