from django.apps import AppConfig


class OfflineConfig(AppConfig):
    name = "shuxiang.interfaces.offline"
    label = "offline"
