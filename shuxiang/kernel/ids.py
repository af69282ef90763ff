"""Identifiers made by the application: UUIDv7 (RFC 9562 §5.7) as 32 lower-case hex digits."""

from __future__ import annotations

import os
import threading
import time

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A new UUIDv7: 48 bits of Unix milliseconds, then version, 12 bits that keep ids of one process
    in order within a millisecond, variant, and 62 random bits."""
    global _last
    with _lock:
        # 12 bits of sub-millisecond order (RFC 9562 §6.2 method 3) in one integer with the time.
        tick = time.time_ns() * 4096 // 1_000_000
        if tick <= _last:
            tick = _last + 1
        _last = tick
    high = (tick >> 12 & 0xFFFFFFFFFFFF) << 16 | 0x7000 | tick & 0xFFF
    low = int.from_bytes(os.urandom(8)) & 0x3FFFFFFFFFFFFFFF | 0x8000000000000000
    return f"{high << 64 | low:032x}"
