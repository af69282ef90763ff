"""What the worker does about other libraries' catalogues: it gathers what is due, in a thread beside
everything else, because a request may take a minute."""

from __future__ import annotations

import logging
import threading

from django.db import connection

from shuxiang.apps.exchange import queries
from shuxiang.apps.exchange.commands.gathering import gather
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context

log = logging.getLogger("shuxiang.harvest")


def _ctx() -> Context:
    return Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())


class Harvesting:
    """One thread at a time that gathers what is due; started by the worker's clock, waited for at its
    end."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def turn(self) -> None:
        """Begin where something is due and nothing is under way."""
        if self._thread is not None and self._thread.is_alive():
            return
        if not queries.harvests_due(clock.now()):
            return
        self._thread = threading.Thread(target=self._gather, name="harvest", daemon=True)
        self._thread.start()

    def _gather(self) -> None:
        try:
            for source in queries.harvests_due(clock.now()):
                gather(source.id, _ctx, stopping=self._stopping.is_set)
        except Exception:
            log.exception("gathering stopped")
        finally:
            connection.close()

    def stop(self) -> None:
        """End after the request that is under way; it is put again next time."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)


HARVESTING = Harvesting()
