"""Items out of local holdings fields: 905 and the vendors' other 9XX.

Every source writes them in its own dialect, so a profile says which field and subfields carry
what. :func:`find_profile` reads it off a sample of records; a person can then look at the preview
and change the profile, which is plain data.
"""

from __future__ import annotations

from shuxiang.formats.marc.holdings.discover import find_profile
from shuxiang.formats.marc.holdings.items import RANGE_LIMIT, expand, items, preview
from shuxiang.formats.marc.holdings.model import HoldingItem, HoldingsProfile, PreviewRow

__all__ = [
    "RANGE_LIMIT",
    "HoldingItem",
    "HoldingsProfile",
    "PreviewRow",
    "expand",
    "find_profile",
    "items",
    "preview",
]
