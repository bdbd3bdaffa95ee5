"""Tags that render a component of the kit: `component` for one without a body, `wrap` … `endwrap` around a body.

Every template has them without loading them (settings.py).
"""

from __future__ import annotations

from typing import Any

from django import forms, template
from django.template import Context
from django.utils.safestring import SafeString

from securebase.workbench.ui.kit import find_component
from securebase.workbench.ui.sentences import describe_errors

register = template.Library()


@register.simple_tag(takes_context=True)
def component(context: Context, name: str, /, **values: Any) -> SafeString:
    """Render a component by its name with its parameters."""
    return find_component(name).render(values, csrf_token=context.get("csrf_token"))


@register.simple_block_tag(takes_context=True)
def wrap(context: Context, content: SafeString, name: str, /, **values: Any) -> SafeString:
    """Render a component around the content of the block."""
    return find_component(name).render(values, body=content, csrf_token=context.get("csrf_token"))


@register.simple_tag
def error_summary(form: forms.BaseForm) -> list[str]:
    """Return why the form was not saved."""
    return describe_errors(form)
