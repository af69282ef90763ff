from django.apps import AppConfig


class KioskConfig(AppConfig):
    name = "shuxiang.interfaces.kiosk"
    label = "kiosk"
