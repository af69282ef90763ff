"""The cross-checks by name (row W4): what each looks for and whether it stops publication."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One cross-check, documented in `docs/indicators.md`."""

    code: str
    name_zh: str
    needs_explanation: bool


RULES: tuple[Rule, ...] = (
    Rule("borrowers-above-visits", "外借人次大于进馆人次", True),
    Rule("borrowers-above-loans", "外借人次大于外借册次", True),
    Rule("sites-not-total", "各馆点之和不等于合计", True),
    Rule("months-not-year", "各月之和不等于全年", True),
    Rule("stock-negative", "某类藏量为负数", True),
    Rule("accessioned-in-future", "入藏日期在将来", True),
    Rule("visits-missing", "开放日没有进馆人次", False),
    Rule("visits-when-closed", "闭馆日有进馆人次", False),
    Rule("sources-mixed", "同一指标来源不一", False),
)
