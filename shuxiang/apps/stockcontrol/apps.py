from django.apps import AppConfig


class StockControlConfig(AppConfig):
    name = "shuxiang.apps.stockcontrol"
    label = "stockcontrol"
    default_auto_field = "django.db.models.AutoField"
