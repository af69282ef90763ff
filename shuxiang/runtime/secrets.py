"""Secrets of the installation: one master key outside the database, and what is derived from it.

Personal numbers are stored AES-256-GCM encrypted and found by a keyed hash (reliability S6): a plain
hash of an 18-digit number can be enumerated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION = "1"


@lru_cache(maxsize=8)
def _derived(master: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"shuxiang.{purpose}".encode()).derive(
        master.encode()
    )


def _key(purpose: str) -> bytes:
    return _derived(settings.SECRET_KEY, purpose)


def derived_key(purpose: str) -> bytes:
    """A key of its own for a named purpose, the same as long as the installation's key is."""
    return _key(purpose)


def encrypt(text: str) -> str:
    """``1.`` + base64 of nonce and ciphertext; '' stays ''."""
    if not text:
        return ""
    nonce = os.urandom(12)
    sealed = AESGCM(_key("fields")).encrypt(nonce, text.encode(), None)
    return f"{VERSION}.{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str) -> str:
    """What `encrypt` was given.

    Raises:
        ValueError: the value was not written with this installation's key.
    """
    if not stored:
        return ""
    version, _, body = stored.partition(".")
    try:
        raw = base64.b64decode(body, validate=True)
        if version != VERSION:
            raise InvalidTag
        return AESGCM(_key("fields")).decrypt(raw[:12], raw[12:], None).decode()
    except (InvalidTag, ValueError):
        raise ValueError(
            "an encrypted field does not open with this installation's secret key; "
            "restore the key file that belongs to this database"
        ) from None


def lookup_hash(kind: str, value: str) -> str:
    """HMAC-SHA256 (64 hex digits) of a normalised value, for equality look-ups of encrypted fields."""
    return hmac.new(_key("lookup"), f"{kind}|{value}".encode(), hashlib.sha256).hexdigest()
