from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "shuxiang.apps.staff"
    label = "staff"
    verbose_name = "Staff"
