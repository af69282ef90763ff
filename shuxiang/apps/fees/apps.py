from django.apps import AppConfig


class FeesConfig(AppConfig):
    name = "shuxiang.apps.fees"
    label = "fees"
