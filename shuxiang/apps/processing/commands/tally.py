"""Counting what came through a stage, in the transaction in which it did."""

from __future__ import annotations

from shuxiang.apps.processing import models
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql


def count(batch: models.Batch, stage: str, number: int, ctx: Context) -> None:
    """So many books of a batch came to a stage, by the actor, today."""
    sql.run(
        "INSERT INTO processing_day (id, library, project, day, person, stage, count) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (library, project, day, person, stage) "
        "DO UPDATE SET count = processing_day.count + excluded.count",
        new_id(),
        batch.library,
        batch.project_id or "",
        clock.business_date(ctx.occurred_at),
        ctx.actor.id,
        stage,
        number,
    )
