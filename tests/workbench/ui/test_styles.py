"""Style sheets hold nothing that no page shows."""

from __future__ import annotations

import re
from pathlib import Path

from each import each
from securebase.workbench.ui import kit

WORKBENCH = kit.FOLDER.parents[1]
SHEETS = sorted(WORKBENCH.rglob("*.css"))
#: Everything that can name a class: templates, scripts, and Python that draws SVG or names tones and phases.
NAMING = [
    *(p for kind in ("html", "js") for p in WORKBENCH.rglob(f"*.{kind}")),
    # the view of the theory that reports and pages share
    WORKBENCH.parent / "reports" / "templates" / "theory_view.html",
    *(
        p
        for room in ("workbench", "charts", "picture", "ipt", "records")
        for p in (WORKBENCH.parent / room).rglob("*.py")
    ),
]
WORDS = {word for path in NAMING for word in re.findall(r"-?[A-Za-z][\w-]*", path.read_text(encoding="utf-8"))}
#: Classes that a template puts together from parts: fidelity “h0” to “h3” and “hx”, a field's kind, an undone cell.
JOINED = re.compile(r"h[0-3x-]$|f-\w+$")


def named_classes(style: str) -> set[str]:
    """Return the classes in the selectors of a style sheet."""
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}|@[^{]*\{", " ", style, flags=re.DOTALL)
    return set(re.findall(r"\.(-?[a-z][\w-]*)", selectors))


@each(SHEETS, lambda sheet: sheet.name)
def test_every_class_is_named_by_a_page(sheet: Path) -> None:
    classes = named_classes(sheet.read_text(encoding="utf-8"))
    assert {name for name in classes - WORDS if not JOINED.match(name)} == set()


def bare_classes(style: str) -> set[str]:
    """Return the classes that are a whole selector."""
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}|@[^{]*\{|\}", ",", style, flags=re.DOTALL)
    return {s.strip()[1:] for s in selectors.split(",") if re.fullmatch(r"\.[\w-]+", s.strip())}


def test_no_page_styles_a_class_of_a_component_anew() -> None:
    """A page may place a component inside one of its own; a rule for the class itself would change it on that page."""
    owned = {name for component in kit.read_components().values() for name in bare_classes(component.style)}
    clashes = {
        sheet.name: sorted(both)
        for sheet in SHEETS
        if kit.FOLDER not in sheet.parents and (both := owned & bare_classes(sheet.read_text(encoding="utf-8")))
    }
    assert clashes == {}


TOKENS = WORKBENCH / "ui" / "static" / "ui" / "tokens.css"
#: Colours of drawings alone: the tokens' own sheet makes them follow the reader's scheme.
DRAWN = {"--skills"}


@each(sorted(set(re.findall(r"--[\w-]+(?=:)", TOKENS.read_text(encoding="utf-8"))) - DRAWN))
def test_every_token_is_used(token: str) -> None:
    assert any(f"var({token})" in sheet.read_text(encoding="utf-8") for sheet in SHEETS if sheet != TOKENS)


#: What sets the colour of a text or of what is behind it.
COLOUR = re.compile(r"(?<![\w-])(?:color|background(?:-color|-image)?|opacity|filter|mix-blend-mode): *[^;}]+")


def narrow_colours(style: str) -> set[str]:
    """Return the colours that a style sheet sets for some widths of the window only."""
    blocks = re.findall(r"@(?:media|container)[^{]*width[^{]*\{((?:[^{}]*\{[^{}]*\})*)", style)
    return {colour for block in blocks for colour in COLOUR.findall(block)}


def test_a_narrow_page_has_the_colours_of_the_wide_one() -> None:
    """So contrast is measured at one width; the soft colour, of a label within a cell, is legible on every surface."""
    assert narrow_colours("p { color: red } @media (max-width: 9px) { b { top: 0 } a { color: tan; opacity: 1 } }") == {
        "color: tan",
        "opacity: 1 ",
    }
    colours = {sheet.name: colours for sheet in SHEETS if (colours := narrow_colours(sheet.read_text("utf-8")))}
    assert colours == {"table.css": {"color: var(--soft)"}, "progress.css": {"color: var(--soft)"}}
