from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "shuxiang.apps.search"
    label = "search"
    verbose_name = "Search"
