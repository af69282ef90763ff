"""A5, issue 4: two queues become one, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shuxiang.apps.circulation.rules.merging import Queued, one_queue

START = datetime(2020, 6, 1, tzinfo=UTC)


def queue(title: str, text: str) -> list[Queued]:
    """``ann1 bob3! eve*2``: who, the hour it was placed; ``!`` a copy is aside, ``*`` put first."""
    holds = []
    for seq, word in enumerate(text.split(), 1):
        who = word.rstrip("!0123456789").rstrip("*")
        holds.append(
            Queued(
                id=f"{title}{who}",
                title=title,
                patron=who,
                rank=5 if "*" in word else 10,
                seq=seq,
                placed_at=START + timedelta(hours=int(word.strip("!").lstrip(who + "*"))),
                aside=word.endswith("!"),
            )
        )
    return holds


@pytest.mark.parametrize(
    ("first", "second", "order", "ended", "twice"),
    [
        ("", "", "", "", 0),
        ("ann1 bob4", "eve2 joe5", "aann beve abob bjoe", "", 0),
        ("ann1", "ann2 bob3", "aann bbob", "bann", 0),
        ("ann5", "ann2 bob3", "bann bbob", "aann", 0),
        ("ann1", "bob2 ann5!", "bbob bann", "aann", 0),
        ("ann1!", "bob2 ann5!", "aann bbob bann", "", 1),
        ("bob9 ann1", "eve2", "beve abob aann", "", 0),
        ("ann1", "eve*5", "beve aann", "", 0),
    ],
    ids=[
        "nobody",
        "by the time they were placed",
        "the later of one reader's two ends",
        "whichever title it was on",
        "not when a copy is aside for the later",
        "two copies aside are for a person",
        "an order made by hand stays",
        "who was put first stays first",
    ],
)
def test_a5_one_queue(first: str, second: str, order: str, ended: str, twice: int) -> None:
    found = one_queue(queue("a", first), queue("b", second))
    assert " ".join(found.order) == order
    assert " ".join(hold for hold, _ in found.ended) == ended
    assert found.twice == twice
