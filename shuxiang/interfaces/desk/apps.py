from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "shuxiang.interfaces.desk"
    label = "desk"
