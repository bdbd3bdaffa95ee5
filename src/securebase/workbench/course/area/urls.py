from __future__ import annotations

from django.urls import path

from securebase.workbench.course.area import pages

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "area/", pages.area_work, name="area-work"),
]
