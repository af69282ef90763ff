"""Backups: how old the last good one is, what each held, asking for one, and the room on the disk."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import storage
from shuxiang.runtime.backup import queries
from shuxiang.runtime.backup.commands import request_backup

ACTION = "system.backups"
ON_A_PAGE = 30

KINDS: dict[str, str | Promise] = {
    "nightly": _("Every night"),
    "manual": _("By hand"),
    "upgrade": _("Before an upgrade"),
}


_FAILURES: tuple[tuple[re.Pattern[str], str | Promise], ...] = (
    (
        re.compile(
            r"(?P<folder>\S+) has (?P<free>\d+) MB free and a backup may need (?P<need>\d+) MB"
        ),
        _("%(folder)s has %(free)s MB left; a backup may need %(need)s MB."),
    ),
    (re.compile("another backup is being made"), _("Another backup was being made.")),
    (
        re.compile("needs a database of its own"),
        _("The database user may not make a test database."),
    ),
    (re.compile("no public key"), _("SHUXIANG_BACKUP_RECIPIENTS is not a public key.")),
    (
        re.compile("^BROKEN|invariant|replayed|damaged"),
        _("What was restored as a test is not whole."),
    ),
)


def why(detail: str) -> str:
    """Why a backup failed, in the words of the screen; the server's log has the rest."""
    for pattern, words in _FAILURES:
        if match := pattern.search(detail):
            return str(words) % match.groupdict()
    return gettext("The reason is in the server's log.")


class _Rows:
    """The list of backups as a paginator reads it: a page at a time."""

    def count(self) -> int:
        return queries.count()

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[queries.Row]:
        return queries.rows(part.start, part.stop - part.start)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def backups(request: HttpRequest) -> HttpResponse:
    """The backups; posting asks the worker for one now."""
    status = 200
    if request.method == "POST":
        try:
            asked = request_backup(
                ctx=acting(request, channel="office", key=request.POST.get("key", "")[:64])
            )
        except Refused as refused:
            status = 409
            for said in refusal(refused.decision):
                messages.error(request, said)
        else:
            if asked:
                messages.success(request, gettext("A backup will be made within half a minute."))
            else:
                messages.info(request, gettext("A backup has been asked for already."))
            return redirect("office:backups")
    shown = Paginator(_Rows(), ON_A_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "state": queries.state(),
        "storage": storage.measure(),
        "page": shown,
        "rows": [
            (
                row,
                KINDS.get(row.kind, row.kind),
                _state_of(row),
                "" if row.good else why(row.detail),
            )
            for row in shown
        ],
        "key": new_id(),
    }
    return page(request, "office/backups.html", context, status)


def _state_of(row: queries.Row) -> tuple[str, str | Promise]:
    if not row.good:
        return "refused", _("Failed")
    if row.removed_at is not None:
        return "muted", _("Cleared away")
    if not row.here:
        return "notice", _("File is gone")
    return ("ok", _("Restored as a test")) if row.tested else ("notice", _("Not tested"))
