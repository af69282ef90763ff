"""Reference data kept outside the repository: real records and published tables.

Looked for in the folder SHUXIANG_TEST_REFERENCE names, else in ``shared/data`` beside the checkout.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("SHUXIANG_TEST_REFERENCE") or _CHECKOUT.parent / "shared" / "data")


def reference(name: str) -> bytes:
    """The bytes of one file, or a skip that says what is missing."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(
            f"reference data {name} is not there; name its folder in SHUXIANG_TEST_REFERENCE"
        )
    return path.read_bytes()
