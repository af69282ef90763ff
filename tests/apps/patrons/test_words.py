"""Every reason of this capability is worded and documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from shuxiang.interfaces.common.wording import WORDING, say
from shuxiang.kernel.decision import Reason, ask, stop

ROOT = Path(__file__).resolve().parents[3]
CODES = {
    code
    for path in (ROOT / "shuxiang/apps/patrons").rglob("*.py")
    for code in re.findall(r'\b(?:stop|ask)\(\s*"([a-z-]+)"', path.read_text("utf-8"))
} | {"card-replaced", "card-closed"}


def test_every_code_is_found_in_words_and_docs() -> None:
    assert len(CODES) > 50
    documented = (ROOT / "docs/circulation/reasons.md").read_text("utf-8")
    assert sorted(c for c in CODES if c not in WORDING) == []
    assert sorted(c for c in CODES if f"`{c}`" not in documented) == []


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (ask("card-expired", day="2020-06-09"), "此证已于 2020年6月9日 到期。"),
        (
            stop("document-invalid", kind="idcard", fault="check"),
            "居民身份证号码有误：校验位不符。请对照证件核对。",
        ),
        (
            stop("consent-missing", purpose="child-data"),
            "尚未同意：未满十四周岁儿童个人信息单独同意。",
        ),
        (
            stop("age-above-category", age=16, limit=15, category="少儿"),
            "读者 16 岁，少儿证限 15 岁及以下。",
        ),
        (
            stop("patron-suspended", until="2020-06-30", why="损坏图书"),
            "该读者停借至 2020年6月30日：损坏图书",
        ),
    ],
)
def test_the_words(reason: Reason, text: str) -> None:
    with translation.override("zh-hans"):
        assert say(reason) == text
