from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "shuxiang.apps.catalog"
    label = "catalog"
    verbose_name = "Catalog"
