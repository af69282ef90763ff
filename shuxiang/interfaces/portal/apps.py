from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "shuxiang.interfaces.portal"
    label = "portal"
