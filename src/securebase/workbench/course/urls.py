from __future__ import annotations

from django.urls import include, path

from securebase.workbench.ui.page_folders import page_folders

urlpatterns = [path("", include(f"{folder}.urls")) for folder in page_folders("securebase.workbench.course")]
