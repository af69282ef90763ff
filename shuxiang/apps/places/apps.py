from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "shuxiang.apps.places"
    label = "places"
    verbose_name = "Places"
