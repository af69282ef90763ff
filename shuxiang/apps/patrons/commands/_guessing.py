"""Counting wrong sign-ins, inside a command."""

from __future__ import annotations

from datetime import datetime

from shuxiang.apps.patrons import models, pins, queries
from shuxiang.runtime import sql
from shuxiang.runtime.secrets import decrypt


def hold(key: str, at: datetime) -> pins.Guessed:
    """The wrong sign-ins under a key, locked to the transaction's end: guesses sent at once are
    looked at one after another."""
    row = None
    while row is None:
        # Made first, so that there is a row to lock; another sign-in may have cleared it since.
        sql.run(
            "INSERT INTO patrons_guesses (key, wrong, since, level, last_at) VALUES (?, 0, ?, 0, ?) "
            "ON CONFLICT DO NOTHING",
            key,
            at,
            at,
        )
        row = models.Guesses.objects.select_for_update().filter(key=key).first()
    return pins.Guessed(row.wrong, row.since, row.level, row.locked_until, row.last_at)


def count_wrong(key: str, guessed: pins.Guessed, at: datetime) -> None:
    """One more wrong sign-in under a key that is held."""
    after = pins.after_wrong(guessed, at, most=pins.WRONG_OF_A_NAME)
    models.Guesses.objects.filter(key=key).update(
        wrong=after.wrong,
        since=after.since,
        level=after.level,
        locked_until=after.locked_until,
        last_at=at,
    )


def clear(patron: str) -> None:
    """Forget the wrong sign-ins under every name of a reader: a right PIN, or the desk's reset."""
    cards = models.Card.objects.filter(patron=patron).values_list("number", flat=True)
    papers = models.Document.objects.filter(patron=patron, ended_at=None)
    names = [*cards, *(decrypt(d.number) for d in papers)]
    keys = [queries.guesses_key("name", queries.normalised_name(n)) for n in names]
    models.Guesses.objects.filter(key__in=[*keys, queries.guesses_key("patron", patron)]).delete()
