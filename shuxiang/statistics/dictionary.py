"""The dictionary of indicators and cross-checks as `docs/indicators.md`.

Printed by ``python -m shuxiang.statistics.dictionary``; a test keeps the document in step.
"""

from __future__ import annotations

from shuxiang.statistics.indicators import HOW_ZH, INDICATORS, Indicator
from shuxiang.statistics.rules import RULES


def _filter(one: Indicator) -> str:
    parts: list[str] = []
    for term in one.terms:
        sign = "−" if term.sign < 0 else "" if not parts else "+"
        limits = [f"来源 {'、'.join(term.sources)}"] if term.sources else []
        limits += [f"来源非 {'、'.join(term.but)}"] if term.but else []
        limits += ["集体读者"] if term.of_groups else []
        limited = f"（{'，'.join(limits)}）" if limits else ""
        parts.append(f"{sign}`{term.measure}`{limited}")
    return " ".join(parts) or "—"


_REACH_ZH = {"both": "本馆、含分馆", "alone": "本馆", "below": "含分馆"}
_KIND_ZH = {"stock": "期末", "flow": "期间"}


def text() -> str:
    """The Markdown of `docs/indicators.md`."""
    lines = [
        "# 指标口径",
        "",
        "本表由 `python -m shuxiang.statistics.dictionary > docs/indicators.md` 生成，不要手改。",
        "",
        "| 代码 | 指标 | 单位 | 组 | 时点 | 依据 | 统计口径 | 流水 | 算法 | 范围 | 版本 | 无记录时 |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in INDICATORS:
        version = f"{one.version}（{one.since} 年起）" if one.since else one.version
        absent = f"缺（{one.missing}）" if one.missing else "0"
        lines.append(
            f"| `{one.code}` | {one.name_zh} | {one.unit} | {one.group} | {_KIND_ZH[one.kind]} "
            f"| {one.standard} | {one.rule} | {_filter(one)} | {HOW_ZH[one.how]} "
            f"| {_REACH_ZH[one.reach]} | {version} | {absent} |"
        )
    lines += [
        "",
        "# 交叉核对",
        "",
        "发布年报前核对。矛盾须有签字说明，说明只对签字时的数字有效；提示印在附件“数据说明”里。",
        "",
        "| 代码 | 核对 | 性质 |",
        "|---|---|---|",
    ]
    for rule in RULES:
        weight = "矛盾，须签字说明" if rule.needs_explanation else "提示"
        lines.append(f"| `{rule.code}` | {rule.name_zh} | {weight} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(text(), end="")
