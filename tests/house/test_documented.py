"""What others must be able to look up is written down, and nothing is written that is not there."""

from __future__ import annotations

import re
from fnmatch import fnmatch

from shuxiang.interfaces.common.wording import WORDING
from tests.support import house
from tools import docs

REASONS = house.ROOT / "docs" / "circulation" / "reasons.md"
SETTINGS = house.ROOT / "docs" / "settings.md"
_ROW = re.compile(r"^\| `([a-z][a-z0-9-]*)` \|", re.M)


def made() -> dict[str, str]:
    """Every reason code the package makes, and where."""
    return {
        code: f"{path}:{line}"
        for path, source in house.modules()
        for line, code in house.reason_codes(source)
    }


def unknown(codes: dict[str, str], known: set[str]) -> list[str]:
    return [
        f"{code} at {where}"
        for code, where in sorted(codes.items())
        if not any(fnmatch(k, code) for k in known)
    ]


def documented() -> set[str]:
    return set(_ROW.findall(REASONS.read_text("utf-8")))


def test_every_reason_is_documented_once() -> None:
    assert unknown(made(), documented()) == []
    rows = _ROW.findall(REASONS.read_text("utf-8"))
    assert sorted(rows) == sorted(set(rows))


def test_every_reason_has_words() -> None:
    assert unknown(made(), set(WORDING)) == []


def test_no_reason_is_documented_or_worded_that_nobody_makes() -> None:
    patterns = list(made())
    for known in (documented(), set(WORDING)):
        assert [c for c in sorted(known) if not any(fnmatch(c, p) for p in patterns)] == []


def test_a_planted_reason_is_found() -> None:
    planted = 'refuse(stop("never-heard-of"), ask(f"card-{x}", y=1), Reason("odd", t), ask("a.b"))'
    codes = {code: str(line) for line, code in house.reason_codes(planted)}
    assert codes == {"never-heard-of": "1", "card-*": "1", "odd": "1"}
    assert unknown(codes, {"card-lost"}) == ["never-heard-of at 1", "odd at 1"]


def test_every_environment_variable_is_documented_and_the_other_way_round() -> None:
    used = set().union(*(house.environment(source) for _, source in house.modules()))
    written = set(re.findall(r"^\| `(SHUXIANG_\w+)` \|", SETTINGS.read_text("utf-8"), re.M))
    assert used - written == set()
    assert {name for name in written - used if not name.startswith("SHUXIANG_TEST")} == set()


def test_a_planted_variable_is_found() -> None:
    assert house.environment('os.environ["SHUXIANG_SECRET_SAUCE"]') == {"SHUXIANG_SECRET_SAUCE"}


def test_generated_tables_are_up_to_date() -> None:
    assert docs.stale() == []


def test_a_stale_table_is_found_and_put_right() -> None:
    text = "# T\n\n<!-- settings of places: begin -->\nstale\n<!-- settings of places: end -->\n\nafter\n"
    fresh = docs.filled(text)
    assert "privacy.history_days" in fresh
    assert "stale" not in fresh
    assert fresh.startswith("# T\n\n<!-- settings of places: begin -->\n")
    assert fresh.endswith("<!-- settings of places: end -->\n\nafter\n")
    assert docs.filled(fresh) == fresh
