from django.apps import AppConfig


class StockConfig(AppConfig):
    name = "shuxiang.apps.stock"
    label = "stock"
    verbose_name = "Stock"
