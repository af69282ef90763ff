from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "shuxiang.project"
    label = "project"

    def ready(self) -> None:
        from shuxiang.project import wiring

        wiring.wire()
