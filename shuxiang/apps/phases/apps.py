from django.apps import AppConfig


class PhasesConfig(AppConfig):
    name = "shuxiang.apps.phases"
    label = "phases"
    verbose_name = "Operating phases"
