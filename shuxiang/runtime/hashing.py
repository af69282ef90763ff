"""Password hashing that can't take all the memory: each Argon2id hash needs 100 MB."""

from __future__ import annotations

import threading
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

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
