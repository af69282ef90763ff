"""The number of titles in the index (invariant 10 compares it with the catalogue)."""

from __future__ import annotations

from pathlib import Path

from shuxiang.apps.search.documents import TitleDocument
from shuxiang.apps.search.engine import Index


def test_i10_a_title_put_again_counts_once(tmp_path: Path) -> None:
    index = Index.open(tmp_path)
    documents = [TitleDocument(f"{n:032x}", f"书{n}") for n in range(1, 6)]
    index.rebuild(documents, position=1)
    index.apply(documents[:3], [documents[4].title_id], position=2)
    assert index.size == 4
    index.apply(documents, [], position=3)
    assert index.size == 5
