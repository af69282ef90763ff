"""Third-party front-end files: check their hashes, or fetch them again.

``vendor.lock.json`` beside this file names every vendored package with its version, licence
and the SHA-256 of each file kept. ``python tools/vendor.py`` verifies the files on disk against
it (exit 1 and one line a fault); ``python tools/vendor.py refresh`` fetches each package at its
locked version with ``npm pack``, extracts the listed files and builds the icon sprite. A fetched
file whose hash differs from the lock is refused unless ``--accept`` is given, which rewrites the
lock (after changing a version or the list of icons).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = Path(__file__).resolve().with_name("vendor.lock.json")

_SVG_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_BOUNDING_BOX = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def load_lock() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads(LOCK.read_text(encoding="utf-8"))
    return lock


def faults(lock: dict[str, Any], root: Path = ROOT) -> list[str]:
    """Return one line for each vendored file that is missing, changed or not in the lock."""
    found: list[str] = []
    for package in lock["packages"]:
        folder = root / package["folder"]
        known = {entry["file"] for entry in package["files"]}
        for entry in package["files"]:
            path = folder / entry["file"]
            if not path.is_file():
                found.append(f"{path.relative_to(root)}: missing, run tools/vendor.py refresh")
            elif sha256(path.read_bytes()) != entry["sha256"]:
                found.append(f"{path.relative_to(root)}: changed, its hash is not the locked one")
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.name not in known:
                    found.append(f"{path.relative_to(root)}: not in {LOCK.name}")
    return found


def sprite(svgs: dict[str, str]) -> str:
    """Build one SVG with a ``<symbol>`` an icon from single SVG texts keyed by icon name."""
    symbols = []
    for name, text in sorted(svgs.items()):
        match = _SVG_BODY.search(text)
        if match is None:
            raise ValueError(f"icon {name}: no <svg> element in the package file")
        # The outline box is there for editors only; with `fill` inherited it would hide the icon.
        body = " ".join(_BOUNDING_BOX.sub("", match.group(1)).split())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def _fetch(package: dict[str, Any], scratch: Path) -> dict[str, bytes]:
    spec = f"{package['package']}@{package['version']}"
    done = subprocess.run(
        ["npm", "pack", "--silent", spec], cwd=scratch, check=True, capture_output=True, text=True
    )
    archive = scratch / done.stdout.strip().splitlines()[-1]
    with tarfile.open(archive) as tar:

        def read(member: str) -> bytes:
            handle = tar.extractfile(f"package/{member}")
            if handle is None:
                raise ValueError(f"{spec}: {member} is not a file in the package")
            return handle.read()

        made: dict[str, bytes] = {}
        for entry in package["files"]:
            if "member" in entry:
                made[entry["file"]] = read(entry["member"])
            else:
                svgs = {n: read(f"icons/outline/{n}.svg").decode() for n in package["icons"]}
                made[entry["file"]] = sprite(svgs).encode()
    return made


def refresh(lock: dict[str, Any], *, accept: bool) -> list[str]:
    """Fetch every package and write its files; return the refusals (nothing of them written)."""
    refused: list[str] = []
    for package in lock["packages"]:
        with tempfile.TemporaryDirectory() as scratch:
            made = _fetch(package, Path(scratch))
        folder = ROOT / package["folder"]
        for entry in package["files"]:
            digest = sha256(made[entry["file"]])
            if digest != entry["sha256"] and not accept:
                refused.append(f"{package['name']} {entry['file']}: fetched file has another hash")
                continue
            folder.mkdir(parents=True, exist_ok=True)
            (folder / entry["file"]).write_bytes(made[entry["file"]])
            entry["sha256"] = digest
    if accept:
        text = json.dumps(lock, ensure_ascii=False, indent=2) + "\n"
        LOCK.write_text(text, encoding="utf-8")
    return refused


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Check or refresh the vendored front-end files.",
        epilog="example: python tools/vendor.py refresh --accept",
    )
    parser.add_argument("action", nargs="?", choices=["verify", "refresh"], default="verify")
    parser.add_argument("--accept", action="store_true", help="write new hashes into the lock")
    args = parser.parse_args(argv)
    lock = load_lock()
    problems = refresh(lock, accept=args.accept) if args.action == "refresh" else []
    problems = problems or faults(lock)
    for line in problems:
        print(line, file=sys.stderr)
    if not problems:
        count = sum(len(package["files"]) for package in lock["packages"])
        print(f"vendor: {count} files match {LOCK.name}")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
