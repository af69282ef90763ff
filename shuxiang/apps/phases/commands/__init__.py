"""The only writers of operating phases and what they do."""

from shuxiang.apps.phases.commands.applying import apply, revert, set_end
from shuxiang.apps.phases.commands.tasks import add_task, finish_task, remove_task
from shuxiang.apps.phases.commands.working import keep, step, work
from shuxiang.apps.phases.commands.writing import discard, write

__all__ = [
    "add_task",
    "apply",
    "discard",
    "finish_task",
    "keep",
    "remove_task",
    "revert",
    "set_end",
    "step",
    "work",
    "write",
]
