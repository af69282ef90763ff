from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "shuxiang.apps.visits"
    label = "visits"
    verbose_name = "Visits"
