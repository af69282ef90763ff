"""Django app holding the templates, static files and template tags the doors share."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "shuxiang.interfaces.common"
    label = "interfaces_common"
