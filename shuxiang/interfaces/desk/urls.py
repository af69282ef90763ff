"""URLs of the desk; included under ``desk/``."""

from django.urls import path

from shuxiang.interfaces.desk.views import acts, home, readers, register, scan

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("scan/", scan.scan, name="scan"),
    path("commands/", home.command_sheet, name="commands"),
    path("readers/", readers.find, name="readers"),
    path("readers/<str:patron>/", readers.reader, name="reader"),
    path("readers/<str:patron>/renew/", acts.renew_loans, name="renew_loans"),
    path("readers/<str:patron>/unmask/", acts.unmask, name="unmask"),
    path("readers/<str:patron>/do/<str:name>/", acts.act, name="act"),
    path("register/", register.register, name="register"),
    path("register/document/", register.check_document, name="check_document"),
    path("register/<str:patron>/", register.registered, name="registered"),
]
