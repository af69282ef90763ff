"""What can go wrong with a command besides being refused."""

from __future__ import annotations


class KeyReused(Exception):
    """The request key is known with another body: the caller has a bug; nothing was done."""


class Busy(Exception):
    """The database could not be had in time; nothing was done. Ask again with the same key."""


class OutcomeUnknown(Busy):
    """The database was lost while it confirmed: done or not, asking again with the same key tells,
    and never does it twice."""


class StorageFull(Exception):
    """The disk is full; nothing was saved. Reads go on."""
