"""The search benchmark runs at any size and measures something in every row."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from shuxiang.bench import search


def test_rows_are_measured_on_synthetic_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHUXIANG_BENCH_TITLES", raising=False)
    monkeypatch.setattr(search, "_QUESTIONS", 200)
    rows = {name: (value, unit) for name, value, unit in search.run(300)}
    assert rows["search: question with 7 facets, p95"][1] == "ms"
    assert rows["search: index size"][1] == "MB"
    assert all(value > 0 for value, _ in rows.values())


def test_titles_come_from_the_file_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = tmp_path / "titles.tsv.gz"
    with gzip.open(named, "wt", encoding="utf-8") as out:
        out.write("title\treaders\ttags\n红楼梦\t9000\t小说|古典\n空\t\t\n")
    monkeypatch.setenv("SHUXIANG_BENCH_TITLES", str(named))
    assert search._titles(10) == [("红楼梦", 9, ("小说", "古典")), ("空", 0, ())]
