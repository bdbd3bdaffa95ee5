"""Template tag for every client page of any app: open safety alerts."""

from __future__ import annotations

from django import template

from securebase.workbench.measures.queries import open_alerts

register = template.Library()
register.simple_tag(open_alerts)
