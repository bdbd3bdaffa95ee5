"""Addresses of the user interface itself."""

from __future__ import annotations

from django.urls import path

from securebase.workbench.ui import gallery

urlpatterns = [path("gallery/", gallery.show_gallery, name="gallery")]
