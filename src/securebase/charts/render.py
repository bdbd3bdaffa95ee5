"""Charts as self-contained SVG without network, scripts or styles: labelled for screen readers, responsive width."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from xml.etree import ElementTree

import vl_convert

from securebase.charts.tokens import dark_rules

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
#: Attributes without a purpose in a static image. The font is that of the page.
_UNUSED_ATTRIBUTES = {
    "font-family",
    "pointer-events",
    "aria-hidden",
    "aria-label",
    "aria-roledescription",
    "role",
    "class",
    "style",
    "width",
    "height",
}
#: Font stack of the workbench's own text.
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_EMPTY_PATHS = {"", "M0,0h0v0h0Z"}


def svg(chart: Any) -> str:
    """Return the chart as one inline `<svg>` element.

    `chart` is any Altair chart that went through `style.apply_theme`; its label and description become title and
    desc. Raises ValueError for a chart without them, because it would not be accessible.
    """
    specification = chart.to_dict(validate=False)  # Altair validated the chart while it was built
    label = str(specification.get("usermeta", {}).get("label", ""))
    description = str(specification.get("description", ""))
    if not label or not description:
        raise ValueError("a chart needs a label and a description: pass it through style.apply_theme")
    return tidy(vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]), label, description)


def image(drawing: str, size: tuple[int, int]) -> str:
    """Return the output of `svg` as a file of its own, `size` pixels wide and high.

    The page can reserve its space before an `<img>` loads. The drawing is centred, names its fonts and follows the
    reader's light or dark scheme.
    """
    width, height = size
    attributes = f'width="{width}" height="{height}" font-family="{FONTS}"'
    opening, children = drawing.replace('width="100%"', attributes, 1).split(">", 1)
    return f"{opening}><style>{dark_rules()}</style>{children}"


def tidy(drawing: str, label: str, description: str) -> str:
    """Return the SVG for a page: responsive, labelled, with unique ids, without links, scripts or styles."""
    ElementTree.register_namespace("", _SVG)
    # The text comes from the renderer in this process, never from outside.
    root = ElementTree.fromstring(drawing)  # noqa: S314
    width, height = root.get("width"), root.get("height")
    name = "c" + hashlib.sha256((drawing + label + description).encode()).hexdigest()[:10]
    _clean(root, name)
    for key in list(root.attrib):
        del root.attrib[key]
    root.set("viewBox", f"0 0 {width} {height}")
    root.set("width", "100%")
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for position, (tag, text) in enumerate((("title", label), ("desc", description))):
        element = ElementTree.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(position, element)
    text = ElementTree.tostring(root, encoding="unicode")
    return re.sub(r"(\d+\.\d{2})\d+", r"\1", text)


def _clean(element: ElementTree.Element, name: str) -> None:
    """Remove links, scripts and unused attributes from the children of `element`, and prefix every id with `name`."""
    for child in list(element):
        tag = child.tag.removeprefix(f"{{{_SVG}}}")
        if tag == "script" or (tag == "path" and child.get("d", "") in _EMPTY_PATHS):
            element.remove(child)
            continue
        for key in list(child.attrib):
            link_or_script = key == "href" or key.startswith((f"{{{_XLINK}}}", "on"))
            shape = tag == "rect" and key in {"width", "height"}
            if link_or_script or (key in _UNUSED_ATTRIBUTES and not shape):
                del child.attrib[key]
        if "id" in child.attrib:
            child.set("id", f"{name}-{child.attrib['id']}")
        for key, value in child.attrib.items():
            if "url(#" in value:
                child.set(key, value.replace("url(#", f"url(#{name}-"))
        _clean(child, name)
        if tag == "g" and len(child) == 0:
            element.remove(child)
