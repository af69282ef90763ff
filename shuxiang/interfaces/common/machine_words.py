"""Why a self-service machine calls somebody, for the reader before it and for whoever comes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY: dict[str, str | Promise] = {
    "asked": _("A reader asks for help"),
    "bad-scans": _("Three scans in a row went wrong"),
    "security": _("The security of a label could not be changed"),
    "card-fault": _("A card could not be made"),
    "cards-low": _("Blank cards are running out"),
    "cards-empty": _("No blank card is left"),
    "printer": _("The slip printer has no paper or does not answer"),
}
