from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    name = "shuxiang.ledger"
    label = "ledger"
    verbose_name = "Ledger"

    def ready(self) -> None:
        from shuxiang.ledger import triggers

        # SQLite rebuilds a table to alter it and silently drops its triggers with the old one.
        post_migrate.connect(triggers.reinstall, sender=self, dispatch_uid="ledger.triggers")
