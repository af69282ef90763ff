"""What must hold of holds and transits (I5, I7), proved from the tables and against the ledger."""

from __future__ import annotations

from shuxiang.runtime import sql

_ENDED = {
    "hold": "'hold.cancelled', 'hold.expired', 'hold.filled'",
    "transit": "'transit.received', 'transit.cancelled'",
}
_BEGUN = {"hold": "hold.placed", "transit": "transit.sent"}


def items_in_one_place() -> list[str]:
    """An item is on loan, on a hold shelf or on its way, never two of them; the ledger says the same
    of every hold and transit."""
    rows = sql.all(
        "SELECT item, COUNT(*) FROM ("
        "SELECT item_id AS item FROM circulation_loan WHERE returned_at IS NULL "
        "UNION ALL SELECT item_id FROM circulation_hold WHERE state = 'ready' "
        "UNION ALL SELECT item_id FROM circulation_transit WHERE ended_at IS NULL) w "
        "GROUP BY item HAVING COUNT(*) > 1"
    )
    broken = [f"item {item} is in {count} places at once" for item, count in rows]
    rows = sql.all(
        "SELECT h.id FROM circulation_hold h LEFT JOIN circulation_transit t "
        "ON t.hold_id = h.id AND t.item_id = h.item_id AND t.ended_at IS NULL "
        "WHERE h.state = 'coming' AND t.id IS NULL"
    )
    broken += [f"hold {row[0]} is on its way without a transit" for row in rows]
    rows = sql.all(
        "SELECT t.id FROM circulation_transit t JOIN circulation_hold h ON h.id = t.hold_id "
        "WHERE t.ended_at IS NULL AND (h.state <> 'coming' OR h.item_id <> t.item_id)"
    )
    broken += [f"transit {row[0]} goes to a hold that does not wait for it" for row in rows]
    rows = sql.all(
        "SELECT i.id FROM stock_item i WHERE i.status = 'withdrawn' AND ("
        "EXISTS (SELECT 1 FROM circulation_transit t WHERE t.item_id = i.id "
        "AND t.ended_at IS NULL) OR EXISTS (SELECT 1 FROM circulation_hold h "
        "WHERE h.item_id = i.id AND h.state IN ('coming', 'ready')))"
    )
    broken += [f"item {row[0]} is withdrawn and set aside or on its way" for row in rows]
    return broken + _against_ledger("hold") + _against_ledger("transit")


def _against_ledger(what: str) -> list[str]:
    rows = sql.all(
        f"SELECT r.id, COALESCE(e.open, 0) FROM circulation_{what} r LEFT JOIN (SELECT subject, "
        f"SUM(CASE WHEN type = '{_BEGUN[what]}' THEN quantity ELSE -quantity END) AS open "
        f"FROM ledger_event WHERE type IN ('{_BEGUN[what]}', {_ENDED[what]}) GROUP BY subject) e "
        "ON e.subject = r.id "
        "WHERE COALESCE(e.open, 0) <> CASE WHEN r.ended_at IS NULL THEN 1 ELSE 0 END"
    )
    return [f"{what} {id_}: the ledger says {open_} open, its row not" for id_, open_ in rows]


def queues_in_order() -> list[str]:
    """No two holds of a title have one number, none beyond the last given; one copy is set aside for
    one hold, and a reader waits once for a title."""
    broken = []
    for text, said in (
        (
            "SELECT title_id, seq FROM circulation_hold GROUP BY title_id, seq HAVING COUNT(*) > 1",
            "title {} has number {} twice in its queue",
        ),
        (
            (
                "SELECT h.title_id, h.seq FROM circulation_hold h LEFT JOIN circulation_holdqueue q "
                "ON q.title_id = h.title_id WHERE q.last_seq IS NULL OR h.seq > q.last_seq"
            ),
            "title {} has number {} in its queue, which was never given out",
        ),
        (
            (
                "SELECT item_id, COUNT(*) FROM circulation_hold WHERE state IN ('coming', 'ready') "
                "GROUP BY item_id HAVING COUNT(*) > 1"
            ),
            "item {} is set aside for {} holds",
        ),
        (
            (
                "SELECT title_id, COUNT(*) FROM circulation_hold WHERE ended_at IS NULL "
                "GROUP BY title_id, patron_id HAVING COUNT(*) > 1"
            ),
            "title {} is reserved {} times by one reader",
        ),
    ):
        broken += [said.format(*row) for row in sql.all(text)]
    return broken
