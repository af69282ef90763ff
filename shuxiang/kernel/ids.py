"""Identifiers made by the application: UUIDv7 (RFC 9562 §5.7) as 32 lower-case hex digits."""

from __future__ import annotations

import os
import struct
import threading
import time

_AT_ONCE = 64
_lock = threading.Lock()
_last = 0
_random: list[int] = []


def _forget_random() -> None:
    # A child of fork must not give out the numbers its parent will.
    _random.clear()


os.register_at_fork(after_in_child=_forget_random)


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
        if not _random:
            # One call of the system for many ids: it costs as much as all the rest.
            _random.extend(struct.unpack(f"{_AT_ONCE}Q", os.urandom(8 * _AT_ONCE)))
        random = _random.pop()
    high = (tick >> 12 & 0xFFFFFFFFFFFF) << 16 | 0x7000 | tick & 0xFFF
    low = random & 0x3FFFFFFFFFFFFFFF | 0x8000000000000000
    return f"{high << 64 | low:032x}"
