from django.apps import AppConfig


class ProcessingConfig(AppConfig):
    name = "shuxiang.apps.processing"
    label = "processing"
