from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "shuxiang.interfaces.office"
    label = "office"
