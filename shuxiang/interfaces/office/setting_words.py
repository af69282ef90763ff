"""Settings of places in words: what each means, its choices and values."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import get_language, gettext

from shuxiang.apps.patrons import queries as patrons


def about(known: Any) -> str:
    """What a setting means, in the language of the page; of one with choices without their codes,
    which the choice itself shows in words."""
    if not (get_language() or "").startswith("zh"):
        return str(known.about)
    return str(known.about_zh).partition("：")[0] if known.choices else str(known.about_zh)


def choice_words(known: Any, choice: str) -> str:
    """A choice of a setting in words: in Chinese its text says them, ``subtree 含分馆，main 仅本馆``."""
    found = re.search(rf"\b{re.escape(choice)} ([^，。；]+)", known.about_zh)
    chinese = (get_language() or "").startswith("zh")
    return found[1].strip() if found and chinese else choice


def value_words(known: Any, value: Any) -> str:
    """A setting's value in words."""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if value in known.choices:
        return choice_words(known, value)
    if known.key == "cards.by_machine" and value:
        names = {kind.code: kind.name for kind in patrons.categories()}
        return "、".join(names.get(code, code) for code in str(value).split())
    return str(value) if value != "" else gettext("(empty)")
