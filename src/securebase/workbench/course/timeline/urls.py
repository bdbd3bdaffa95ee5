from __future__ import annotations

from django.urls import path

from securebase.workbench.course.timeline import pages

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "timeline/", pages.timeline_page, name="timeline"),
]
