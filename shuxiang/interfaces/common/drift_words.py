"""Registered sites and drifting books in words: sorts, steps, ways of counting."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KINDS: dict[str, str | Promise] = {
    "reading_base": _("Family reading base"),
    "service_point": _("Service point"),
    "bookhouse": _("Drifting bookhouse"),
}
STEPS: dict[str, tuple[str, str | Promise]] = {
    "took": ("book-download", pgettext_lazy("drift", "Taken")),
    "put": ("arrow-back-up", pgettext_lazy("drift", "Put back")),
    "left": ("map-pin", pgettext_lazy("drift", "Left")),
    "seen": ("checklist", pgettext_lazy("drift", "Seen by a count")),
}
COUNTS: dict[str, str | Promise] = {
    "full": pgettext_lazy("drift", "Counted"),
    "sample": pgettext_lazy("drift", "Estimated from a sample"),
    "rough": pgettext_lazy("drift", "About"),
}
