from __future__ import annotations

from django.urls import path

from securebase.workbench.course.attachment import pages

urlpatterns = [path("clients/<uuid:client_id>/relationships/attachment/", pages.attachment, name="attachment")]
