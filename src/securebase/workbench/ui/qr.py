"""QR codes of links, drawn on the server."""

from __future__ import annotations

import segno
from django.utils.safestring import SafeString, mark_safe

from securebase.charts.tokens import CARD


def qr_code(link: str) -> SafeString:
    """Return the QR code of a link as SVG that follows the colours of the page's light theme, for any camera."""
    code = segno.make(link, error="m")
    svg = code.svg_inline(scale=1, border=4, light=CARD, omitsize=True, title="QR code of the link")
    return mark_safe(svg)  # noqa: S308 (drawn by segno; a QR code holds no markup)
