"""What must hold of the journals of devices that go on without a network (H1): nothing of them is lost."""

from __future__ import annotations

from shuxiang.runtime import sql

_TAKEN = "(l.chained OR l.let_in)"


def journals_whole() -> list[str]:
    """A device's lines are there without a gap up to where the library told it to stand, unless
    somebody gave up missing ones; no line is done out of its turn; what counts as lent or renewed is
    a loan that stands."""
    return [*_counters(), *_out_of_turn(), *_without_a_loan()]


def _counters() -> list[str]:
    rows = sql.all(
        "SELECT d.login, j.counter, COUNT(DISTINCT l.counter), MAX(l.counter), "
        "MAX(CASE WHEN l.let_in THEN 1 ELSE 0 END), "
        "MAX(CASE WHEN l.counter = j.counter AND l.mac = j.mac THEN 1 ELSE 0 END) "
        "FROM circulation_journal j JOIN places_device d ON d.id = j.device_id "
        f"LEFT JOIN circulation_journalline l ON l.device_id = j.device_id AND {_TAKEN} "
        "GROUP BY d.login, j.counter ORDER BY d.login"
    )
    broken = []
    for login, stands, lines, last, let_in, head in rows:
        if (last or 0) != stands or (stands and not head):
            broken.append(f"device {login} stands at line {stands}, its lines end at {last or 0}")
        elif lines != stands and not let_in:
            broken.append(f"device {login} stands at line {stands} with {lines} lines")
    return broken


def _out_of_turn() -> list[str]:
    rows = sql.all(
        "SELECT d.login, l.counter FROM circulation_journalline l "
        "JOIN places_device d ON d.id = l.device_id "
        "JOIN circulation_paperentry p ON p.id = l.entry_id "
        f"WHERE NOT {_TAKEN} AND p.state NOT IN ('pending', 'conflict', 'settled') "
        # What a person corrected and tried again was done in the person's turn.
        "AND p.settled_at IS NULL ORDER BY d.login, l.counter"
    )
    return [f"line {n} of device {login} was done out of its turn" for login, n in rows]


def _without_a_loan() -> list[str]:
    rows = sql.all(
        "SELECT d.login, l.counter FROM circulation_journalline l "
        "JOIN places_device d ON d.id = l.device_id "
        "JOIN circulation_paperentry p ON p.id = l.entry_id "
        "LEFT JOIN circulation_loan o ON o.id = p.loan "
        "WHERE p.state = 'done' AND p.act IN ('check_out', 'renew') "
        "AND (o.id IS NULL OR o.ended_as = 'undone') ORDER BY d.login, l.counter"
    )
    return [
        f"line {n} of device {login} counts as done, but its loan does not stand"
        for login, n in rows
    ]
