from __future__ import annotations

from django.urls import path

from securebase.workbench.clients import pages

urlpatterns = [
    path("clients/new/", pages.new_client, name="client-new"),
    path("clients/<uuid:client_id>/details/", pages.edit_client, name="client-edit"),
]
