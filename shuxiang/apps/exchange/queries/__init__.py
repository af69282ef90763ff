"""What others may ask about batches. Frozen values only."""

from shuxiang.apps.exchange.queries.groups import (
    BatchLine,
    BatchView,
    batch,
    batch_count,
    batch_lines,
    batches,
    responsible,
)

__all__ = [
    "BatchLine",
    "BatchView",
    "batch",
    "batch_count",
    "batch_lines",
    "batches",
    "responsible",
]
