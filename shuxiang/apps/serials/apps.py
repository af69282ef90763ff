from django.apps import AppConfig


class SerialsConfig(AppConfig):
    name = "shuxiang.apps.serials"
    label = "serials"
    default_auto_field = "django.db.models.AutoField"
