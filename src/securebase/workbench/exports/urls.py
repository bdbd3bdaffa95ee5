from __future__ import annotations

from django.urls import path

from securebase.workbench.exports import pages

urlpatterns = [
    path("clients/<uuid:client_id>/downloads/", pages.downloads, name="client-downloads"),
    path("clients/<uuid:client_id>/downloads/report/<slug:kind>/", pages.report, name="client-report-choose"),
    path("clients/<uuid:client_id>/downloads/record.json", pages.whole_record, name="client-record"),
    path("clients/<uuid:client_id>/downloads/work.csv", pages.work, name="client-work"),
    path("clients/<uuid:client_id>/scores.csv", pages.scores, name="client-scores"),
]
