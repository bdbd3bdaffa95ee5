from __future__ import annotations

from django.urls import path

from securebase.workbench.course.ending import pages

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "ending/", pages.ending, name="ending"),
    path(CLIENT + "ending/finish/", pages.finish, name="ending-finish"),
]
