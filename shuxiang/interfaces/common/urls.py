"""URLs of the shared pages; included at the root with the name space ``common``."""

from django.urls import path

from shuxiang.interfaces.common import views

app_name = "common"
urlpatterns = [
    path("view/", views.view_settings, name="view_settings"),
    path("help/", views.help_page, name="help"),
]
