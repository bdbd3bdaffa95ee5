"""A chart of the client page: its drawing in two widths, with sizes known before it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from securebase.picture.client import ClientPicture

#: Width in pixels of a full-page chart. It stays readable when scaled to pages of 700 to 1,100 pixels, so two widths
#: suffice; each takes 80 to 190 ms to draw when first requested.
PAGE_WIDTH = 900

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ClientChart:
    """A chart of one client's picture.

    draw: the chart in a width in pixels. text_alternative: its label and description. widths, sizes: widths in pixels,
    and the pixels reserved for it, on a wide page and on a phone. is_empty: whether it has no data to show. title:
    heading of a card of its own at the end of the page; empty if the page's template has a place for it.
    """

    name: str
    draw: Callable[..., Any]
    text_alternative: Callable[[ClientPicture], tuple[str, str]]
    widths: tuple[int, int]
    sizes: Callable[[ClientPicture], tuple[Size, Size]]
    is_empty: Callable[[ClientPicture], bool]
    title: str = ""
