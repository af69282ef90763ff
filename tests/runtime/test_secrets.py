"""Encrypted fields open only with this installation's key and are found by a keyed hash (S6)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from shuxiang.runtime.secrets import decrypt, encrypt, lookup_hash

NUMBER = "44160219900101123X"


def test_s6_encryption_hides_and_gives_back() -> None:
    stored = encrypt(NUMBER)
    assert stored.startswith("1.")
    assert NUMBER not in stored
    assert decrypt(stored) == NUMBER
    assert encrypt(NUMBER) != stored
    assert encrypt("") == decrypt("") == ""


def test_s6_another_installation_can_not_open_it(settings: Any) -> None:
    stored = encrypt(NUMBER)
    hashed = lookup_hash("id-card", NUMBER)
    settings.SECRET_KEY = "another library's key, which opens none of this"
    with pytest.raises(ValueError, match="restore the key file that belongs to this database"):
        decrypt(stored)
    assert lookup_hash("id-card", NUMBER) != hashed


@pytest.mark.parametrize("tampered", ["1.AAAA", "2." + "A" * 60, "1." + "A" * 60])
def test_s6_a_tampered_value_is_told(tampered: str) -> None:
    with pytest.raises(ValueError, match="does not open"):
        decrypt(tampered)


def test_s6_the_look_up_hash_is_keyed_and_by_kind() -> None:
    made = lookup_hash("id-card", NUMBER)
    assert made == lookup_hash("id-card", NUMBER)
    assert len(made) == 64
    assert made != hashlib.sha256(NUMBER.encode()).hexdigest()
    assert made != lookup_hash("passport", NUMBER)
