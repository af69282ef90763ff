from django.apps import AppConfig


class AcquisitionsConfig(AppConfig):
    name = "shuxiang.apps.acquisitions"
    label = "acquisitions"
    default_auto_field = "django.db.models.AutoField"
