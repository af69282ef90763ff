"""The only writers of count entries, explanations, narratives and editions."""

from shuxiang.statistics.commands.editions import Published, publish_report, seal_year
from shuxiang.statistics.commands.entries import (
    Entered,
    correct_visits,
    enter_in_house_uses,
    enter_visits,
)
from shuxiang.statistics.commands.gates import correct_door, post_counts, unposted
from shuxiang.statistics.commands.texts import explain_finding, write_narrative

__all__ = [
    "Entered",
    "Published",
    "correct_door",
    "correct_visits",
    "enter_in_house_uses",
    "enter_visits",
    "explain_finding",
    "post_counts",
    "publish_report",
    "seal_year",
    "unposted",
    "write_narrative",
]
