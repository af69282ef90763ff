"""Password hashing that can't take all the memory: each Argon2id hash needs 100 MB."""

from __future__ import annotations

import secrets
import threading
from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password

AT_ONCE = 2

_places = threading.BoundedSemaphore(AT_ONCE)


class Argon2AFewAtOnce(Argon2PasswordHasher):
    """Django's Argon2id, at most `AT_ONCE` of them at a time in a process: 16 threads given sign-ins
    by anybody would otherwise hold 1.6 GB."""

    def encode(self, password: str, salt: str) -> Any:
        with _places:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> Any:
        with _places:
            return super().verify(password, encoded)


@lru_cache(maxsize=1)
def nobodys_hash() -> str:
    """A hash that nothing opens, of the same cost as everybody's: checked where there is nobody, so
    that the time an answer takes does not tell."""
    return str(make_password(secrets.token_urlsafe(32)))
