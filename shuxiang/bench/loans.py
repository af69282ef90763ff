"""Check-out and check-in through the commands, durable, from many threads at once."""

from __future__ import annotations

import threading
import time

from django.db import connection

from shuxiang.apps.circulation import commands
from shuxiang.bench import library

THREADS = 16
PAIRS_EACH = 60


def run(made: library.Made) -> list[tuple[str, float, str]]:
    """``THREADS`` threads, each lending and taking back items of its own; every answer is after its
    commit. Rows of (name, value, unit)."""
    times: list[float] = []
    lock = threading.Lock()
    start = threading.Barrier(THREADS + 1)

    def work(thread: int) -> None:
        mine: list[float] = []
        cards = made.cards[thread::THREADS]
        barcodes = made.barcodes[thread::THREADS]
        start.wait()
        for turn in range(PAIRS_EACH):
            began = time.perf_counter()
            commands.check_out(
                item_barcode=barcodes[turn],
                card=cards[turn % len(cards)],
                ctx=library.context(made.place),
            )
            commands.check_in(item_barcode=barcodes[turn], ctx=library.context(made.place))
            mine.append(library.timed(began) * 1000)
        connection.close()
        with lock:
            times.extend(mine)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = library.timed(began)
    return [
        (f"loans: durable pairs, {THREADS} threads", round(len(times) / seconds), "pairs/s"),
        ("loans: pair, p50", round(library.quantile(times, 0.5), 1), "ms"),
        ("loans: pair, p99", round(library.quantile(times, 0.99), 1), "ms"),
    ]
