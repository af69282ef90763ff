"""A5: `shuxiang import-authorities`: what is no authority is listed and harms nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shuxiang.apps.catalog import queries
from shuxiang.formats.marc import ControlField, DataField, Record, encode
from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import main
from tests.apps.stock.marc_files import iso2709, record
from tests.support.library import Library


def test_a5_a_file_of_authorities(
    library: Library,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(common, "setup", lambda: None)
    monkeypatch.setattr(common, "require_library", lambda: None)
    path = tmp_path / "persons.iso"
    person = Record(
        "00000nx  j2200000   45  ",
        [
            ControlField("001", "A1"),
            DataField("200", " 0", (("a", "鲁迅"), ("f", "1881-1936"))),
            DataField("400", " 0", (("a", "周树人"),)),
        ],
    )
    path.write_bytes(encode(person, "gb18030") + b"nothing of the kind\x1d")
    assert main(["import-authorities", str(path)]) == 0
    said = capsys.readouterr().out
    assert "1 authorities added, 0 replaced, 1 records refused" in said
    assert [a.heading for a in queries.authorities(text="周树人")] == ["鲁迅"]
    path.write_bytes(iso2709([record(1)]))
    assert main(["import-authorities", str(path)]) == 2
    assert queries.count_authorities() == 1
