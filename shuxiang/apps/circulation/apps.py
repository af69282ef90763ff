from django.apps import AppConfig


class CirculationConfig(AppConfig):
    name = "shuxiang.apps.circulation"
    label = "circulation"
    verbose_name = "Circulation"
