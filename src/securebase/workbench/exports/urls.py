from __future__ import annotations

from django.urls import path

from securebase.workbench.exports import pages

urlpatterns = [path("clients/<uuid:client_id>/scores.csv", pages.scores, name="client-scores")]
