from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "shuxiang.apps.notices"
    label = "notices"
    verbose_name = "Notices"
