"""Tag for the link of what a task leaves behind."""

from __future__ import annotations

import uuid

from django import template
from django.urls import reverse

from securebase.ipt.due import OutputStatus
from securebase.workbench.ui.templatetags.links import query

register = template.Library()

#: Pages of the course that show an output, and that of worksheets shown on a page of their own.
_PAGES = {"measures": "client-measures", "relationships": "relationships"}


@register.simple_tag
def output_link(output: OutputStatus, client_id: uuid.UUID, here: str) -> str:
    """Return the address of an output, or of the page that adds it; a worksheet returns to `here`."""
    if page := _PAGES.get(output.page):
        return reverse(page, args=[client_id])
    spec = output.definition
    if spec is not None and spec.page_name == "formulation":
        return reverse("formulation", args=[client_id]) + (f"#{spec.page_part}" if spec.page_part else "")
    if spec is not None and spec.page_name == "timeline" and spec.many:
        add = "" if output.present else query(add=spec.id) + "#panel"
        return reverse("timeline", args=[client_id]) + add
    if output.present and output.artefacts:
        return reverse("worksheet", args=[client_id, output.worksheet, output.artefacts[-1]]) + query(next=here)
    return reverse("worksheet-begin", args=[client_id, output.worksheet]) + query(next=here)
