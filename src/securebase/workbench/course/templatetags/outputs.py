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
_WORKSHEET_PAGES = {"problem_area": "formulation", "formulation": "formulation", "life_event": "timeline"}


@register.simple_tag
def output_link(output: OutputStatus, client_id: uuid.UUID, here: str) -> str:
    """Return the address of an output, or of the page that adds it; a worksheet returns to `here`."""
    if page := _PAGES.get(output.page) or _WORKSHEET_PAGES.get(output.worksheet):
        return reverse(page, args=[client_id]) + _part(output)
    if output.present and output.artefacts:
        return reverse("worksheet", args=[client_id, output.worksheet, output.artefacts[-1]]) + query(next=here)
    return reverse("worksheet-begin", args=[client_id, output.worksheet]) + query(next=here)


def _part(output: OutputStatus) -> str:
    """Return what comes after the address of a page of the course."""
    if output.worksheet == "formulation":
        return "#formulation"
    if output.worksheet == "life_event" and not output.present:
        return query(add="life_event") + "#panel"
    return ""
