"""Tables of the documentation that are made from the code.

A table stands between ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->`` in a Markdown file under
``docs/``; ``python tools/docs.py write`` fills them, ``check`` exits 1 if one is out of date.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from shuxiang.apps.places.settings import KNOWN

ROOT = Path(__file__).resolve().parent.parent
_MARKED = re.compile(r"(<!-- ([\w ]+): begin -->\n).*?(<!-- \2: end -->)", re.S)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [list(head)]
    lines = [f"| {' | '.join(cells[0])} |", "|" + "---|" * len(cells[0])]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def settings_of_places() -> str:
    """What a place can say, with type, default and meaning."""
    return _table(
        ("setting", "kind", "default", "meaning", "说明"),
        (
            (f"`{k.key}`", k.kind.__name__, f"`{k.default!r}`", k.about, k.about_zh)
            for k in sorted(KNOWN.values(), key=lambda k: k.key)
        ),
    )


TABLES: dict[str, Callable[[], str]] = {"settings of places": settings_of_places}


def filled(text: str) -> str:
    """The text with every marked table made anew. Raises KeyError for a table nobody makes."""
    return _MARKED.sub(lambda m: m[1] + TABLES[m[2]]() + m[3], text)


def _documents() -> list[Path]:
    return sorted((ROOT / "docs").rglob("*.md"))


def stale() -> list[str]:
    """Files whose tables are not what the code says now."""
    return [
        str(path.relative_to(ROOT))
        for path in _documents()
        if filled(text := path.read_text("utf-8")) != text
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Write or check the generated tables of docs/.",
        epilog="example: python tools/docs.py write",
    )
    parser.add_argument("action", choices=["check", "write"])
    args = parser.parse_args(argv)
    found = stale()
    if args.action == "write":
        for name in found:
            path = ROOT / name
            path.write_text(filled(path.read_text("utf-8")), "utf-8")
            print(f"docs: wrote {name}")
        return 0
    for name in found:
        print(f"{name}: a generated table is out of date, run `make docs`", file=sys.stderr)
    if not found:
        print("docs: generated tables are up to date")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
