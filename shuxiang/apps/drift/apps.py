from django.apps import AppConfig


class DriftConfig(AppConfig):
    name = "shuxiang.apps.drift"
    label = "drift"
    default_auto_field = "django.db.models.AutoField"
    verbose_name = "Sites and drifting books"
