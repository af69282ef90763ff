"""The settings a place can say, with their defaults. Documented in `docs/settings.md`, whose table
`make docs` writes from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """A setting that exists: its default, what kind of value it takes, what it means."""

    key: str
    default: Any
    kind: type
    about: str
    about_zh: str
    choices: tuple[str, ...] = ()

    def takes(self, value: Any) -> bool:
        """Whether a value of the right kind is a sensible one: no number is negative or beyond
        10,000."""
        if self.choices:
            return value in self.choices
        return self.kind is not int or 0 <= value <= 10_000


KNOWN = {
    k.key: k
    for k in (
        Known(
            "calendar.open_on_holidays",
            True,
            bool,
            "whether public holidays are opening days where the calendar names nothing else",
            "法定节假日是否照常开放（日历另有说明的除外）",
        ),
        Known("cards.number_prefix", "", str, "what card numbers begin with", "读者证号前缀"),
        Known("cards.number_digits", 8, int, "digits after the prefix", "证号流水位数"),
        Known(
            "items.barcode_length",
            0,
            int,
            "length every item barcode has; 0: any",
            "馆藏条码长度，0 为不限",
        ),
        Known(
            "privacy.history_days",
            365,
            int,
            "days after return until a loan no longer names its reader",
            "归还多少天后隐去借阅者",
        ),
        Known(
            "in_house.repeat_minutes",
            10,
            int,
            "minutes within which a second in-house use of an item is not counted",
            "多少分钟内同一册重复扫描不重复计阅览",
        ),
        Known(
            "report.scope",
            "subtree",
            str,
            "`subtree`: the annual report includes branches; `main`: this place alone",
            "年报范围：subtree 含分馆，main 仅本馆",
            choices=("subtree", "main"),
        ),
    )
}
