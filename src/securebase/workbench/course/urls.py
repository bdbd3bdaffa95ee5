from __future__ import annotations

from django.urls import path

from securebase.workbench.course import pages

urlpatterns = [path("clients/<uuid:client_id>/course/", pages.course, name="course")]
