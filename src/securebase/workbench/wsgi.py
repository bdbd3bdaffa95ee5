"""WSGI entry point for a web server: `securebase.workbench.wsgi:application`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "securebase.workbench.settings")

application = get_wsgi_application()
