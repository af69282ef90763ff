"""The only writers of batches that go out and come back."""

from shuxiang.apps.exchange.commands.groups import close_batch, lend_in_batch, open_batch

__all__ = ["close_batch", "lend_in_batch", "open_batch"]
