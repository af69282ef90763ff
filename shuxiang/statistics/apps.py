from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    name = "shuxiang.statistics"
    label = "statistics"
    verbose_name = "Statistics"
