"""Drawings of `charts` on pages."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe


def trusted_svg(svg: str) -> SafeString:
    """Mark an SVG of `charts` as safe: every text in it is escaped there."""
    return mark_safe(svg)  # noqa: S308
