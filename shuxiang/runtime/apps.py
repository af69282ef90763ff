from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "shuxiang.runtime"
    label = "runtime"
    verbose_name = "Runtime"
