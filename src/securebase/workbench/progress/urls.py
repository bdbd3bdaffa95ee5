from __future__ import annotations

from django.urls import path

from securebase.workbench.progress import pages

urlpatterns = [
    path("", pages.caseload, name="caseload"),
    path("clients/<uuid:client_id>/", pages.client, name="client"),
    path("clients/<uuid:client_id>/charts/<slug:name>/<str:ticket>/", pages.chart, name="client-chart"),
    path("clients/<uuid:client_id>/report/", pages.report, name="client-report"),
]
