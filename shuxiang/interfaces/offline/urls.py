"""URLs of the offline desk; included under ``offline/``."""

from django.urls import path

from shuxiang.interfaces.offline import views

app_name = "offline"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("sw.js", views.worker, name="worker"),
    path("enrol/", views.enrol, name="enrol"),
    path("keys/", views.keys, name="keys"),
    path("snapshot/", views.snapshot, name="snapshot"),
    path("part/<slug:name>/", views.part, name="part"),
    path("journal/", views.journal, name="journal"),
    path("outcomes/", views.outcomes, name="outcomes"),
]
