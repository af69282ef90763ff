from django.apps import AppConfig


class PatronsConfig(AppConfig):
    name = "shuxiang.apps.patrons"
    label = "patrons"
    verbose_name = "Patrons"
