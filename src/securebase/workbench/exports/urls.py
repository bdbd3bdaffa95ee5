from __future__ import annotations

from django.urls import path

from securebase.workbench.exports import pages, research_pages, theory_pages

urlpatterns = [
    path("clients/<uuid:client_id>/downloads/", pages.downloads, name="client-downloads"),
    path("clients/<uuid:client_id>/downloads/report/<slug:kind>/", pages.report, name="client-report-choose"),
    path("clients/<uuid:client_id>/downloads/record.json", pages.whole_record, name="client-record"),
    path("clients/<uuid:client_id>/downloads/work.csv", pages.work, name="client-work"),
    path("clinic/research-table/", research_pages.research_table, name="research-table"),
    path("clinic/research-table/table.zip", research_pages.download, name="research-table-download"),
    path("clinic/research-table/theory/", theory_pages.theory_results, name="theory-results"),
    path("clinic/research-table/theory/estimate/", theory_pages.estimate, name="theory-estimate"),
    path("clinic/research-table/theory/progress/", theory_pages.progress, name="theory-progress"),
    path("clients/<uuid:client_id>/scores.csv", pages.scores, name="client-scores"),
]
