"""The backup file: what went in comes out, and nothing that was changed is taken for a backup."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import msgspec
import pytest
import zstandard

from shuxiang.runtime.backup import archive
from shuxiang.runtime.backup.archive import Damaged, Entry, Header, Manifest

MANIFEST = Manifest(
    version="1.0",
    library="总馆",
    made_at="2026-11-23T02:30:00+08:00",
    database="sqlite",
    migrations=[("ledger", "0001_initial")],
    ledger_seq=5,
    ledger_seal="s" * 64,
    rows={"a": 1},
    key="k",
)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    (tmp_path / "db").write_bytes(b"database" * 10_000)
    (tmp_path / "图.jpg").write_bytes(b"picture")
    target = tmp_path / "b.tar.zst"
    members = [("database/x", tmp_path / "db"), ("home/files/图.jpg", tmp_path / "图.jpg")]
    members.append(("home/files/just-deleted", tmp_path / "nowhere"))
    archive.pack(target, members, MANIFEST, 80_007)
    return target


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    made = tmp_path / "scratch"
    made.mkdir()
    return made


def test_round_trip(packed: Path, scratch: Path) -> None:
    manifest = archive.unpack(packed, scratch)
    assert [(f.name, f.size) for f in manifest.files] == [
        ("database/x", 80_000),
        ("home/files/图.jpg", 7),
    ]
    assert msgspec.structs.replace(manifest, files=[]) == MANIFEST
    assert (scratch / "home/files/图.jpg").read_bytes() == b"picture"
    assert (scratch / "database/x").stat().st_mode & 0o777 == 0o600


def test_ordinary_tools_open_it(packed: Path) -> None:
    with packed.open("rb") as raw:
        plain = zstandard.ZstdDecompressor().stream_reader(raw).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert tar.getnames() == [
            "shuxiang-backup.json",
            "database/x",
            "home/files/图.jpg",
            "manifest.json",
        ]


def test_cut_off_anywhere_it_is_damaged(packed: Path, scratch: Path, tmp_path: Path) -> None:
    data = packed.read_bytes()
    for number, length in enumerate({0, 3, 10, len(data) // 3, len(data) - 40, len(data) - 1}):
        cut = tmp_path / "cut"
        cut.write_bytes(data[:length])
        folder = scratch / str(number)
        folder.mkdir()
        with pytest.raises(Damaged, match="damaged"):
            archive.unpack(cut, folder)


def test_a_changed_byte_anywhere_is_found(packed: Path, scratch: Path, tmp_path: Path) -> None:
    data = bytearray(packed.read_bytes())
    for place in range(0, len(data), max(1, len(data) // 15)):
        changed = bytearray(data)
        changed[place] ^= 0x55
        path, folder = tmp_path / "changed", scratch / str(place)
        path.write_bytes(changed)
        folder.mkdir()
        with pytest.raises(Damaged):
            archive.unpack(path, folder)


def forged(path: Path, members: dict[str, bytes], manifest: Manifest | None) -> Path:
    compressor = zstandard.ZstdCompressor()
    with (
        path.open("wb") as raw,
        compressor.stream_writer(raw, closefd=False) as out,
        tarfile.open(fileobj=out, mode="w|") as tar,
    ):
        listed = dict(members)
        if manifest is not None:
            listed["manifest.json"] = msgspec.json.encode(manifest)
        for name, data in listed.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if data == b"link":
                info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("../outside", b"x"),
        ("home/../../outside", b"x"),
        ("/etc/outside", b"x"),
        ("other/x", b"x"),
        ("home/link", b"link"),
        ("home/a\\b", b"x"),
    ],
)
def test_a_member_that_leads_out_is_refused(
    tmp_path: Path, scratch: Path, name: str, data: bytes
) -> None:
    path = forged(tmp_path / "forged", {name: data}, MANIFEST)
    with pytest.raises(Damaged, match="the archive holds"):
        archive.unpack(path, scratch)
    assert not (tmp_path / "outside").exists()


def test_a_file_the_manifest_lacks_and_one_it_has_too_many_are_found(
    tmp_path: Path, scratch: Path
) -> None:
    path = forged(tmp_path / "more", {"home/x": b"x"}, MANIFEST)
    with pytest.raises(Damaged, match="home/x is not what its manifest says"):
        archive.unpack(path, scratch)
    lacking = msgspec.structs.replace(MANIFEST, files=[Entry("home/y", 1, "0" * 64)])
    folder = scratch / "second"
    folder.mkdir()
    with pytest.raises(Damaged, match="home/y is not what its manifest says"):
        archive.unpack(forged(tmp_path / "less", {}, lacking), folder)


def test_a_newer_format_and_too_little_room_are_said_before_unpacking(
    tmp_path: Path, scratch: Path
) -> None:
    header = msgspec.json.encode(Header(2, "9.1", 1))
    path = forged(tmp_path / "newer", {archive.HEADER: header}, MANIFEST)
    with pytest.raises(Damaged, match=r"made by version 9\.1"):
        archive.unpack(path, scratch)
    header = msgspec.json.encode(Header(1, "1.0", 1 << 60))
    path = forged(tmp_path / "large", {archive.HEADER: header, "home/x": b"x"}, MANIFEST)
    with pytest.raises(OSError, match="MB free; the backup needs"):
        archive.unpack(path, scratch)


def test_what_a_home_gives_to_a_backup(tmp_path: Path) -> None:
    for name in ("files/a/b.jpg", "notes.txt", "index/seg", "secret.key", ".in-use", ".scratch/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "link").symlink_to("/etc/passwd")
    found = archive.files_of(tmp_path, [tmp_path / "index", tmp_path / "secret.key"])
    assert [str(p.relative_to(tmp_path)) for p in found] == ["notes.txt", "files/a/b.jpg"]
