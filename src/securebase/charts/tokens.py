"""Colours, type, spacing and shape of pages, charts and reports, read from tokens.toml: the only place that holds them.

Drawings name colours as attributes, so that they are the same in a report, on paper and under a strict content security
policy. Rules that select these attributes give them the dark colours where a page is dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources

from securebase.errors import InputError
from securebase.schema import Place, ShelfStruct, read_toml

Pair = tuple[str, str]


class ContrastPairs(ShelfStruct, frozen=True):
    """Names of a foreground and a background that are used together."""

    text: tuple[Pair, ...]
    graphic: tuple[Pair, ...]


class Tokens(ShelfStruct, frozen=True):
    """The file tokens.toml: a table for each kind, from name to value in CSS."""

    light: Mapping[str, str]
    dark: Mapping[str, str]
    font: Mapping[str, str]
    text: Mapping[str, str]
    space: Mapping[str, str]
    radius: Mapping[str, str]
    contrast: ContrastPairs


_FILE = "tokens.toml"
TOKENS = read_toml((resources.files("securebase.charts") / _FILE).read_bytes(), Tokens, Place(_FILE, InputError))
LIGHT = TOKENS.light
PAPER, CARD, SUNKEN, INK, SOFT = (LIGHT[name] for name in ("paper", "card", "sunken", "ink", "soft"))
LINE, EDGE, BAND, OTHER = (LIGHT[name] for name in ("line", "edge", "band", "other"))
ACCENT, ACCENT_TINT, ALERT = (LIGHT[name] for name in ("accent", "accent-tint", "alert"))
WARN, WARN_TINT, GOOD = (LIGHT[name] for name in ("warn", "warn-tint", "good"))
SUPPORT, STRESS, PROCESSING = (LIGHT[name] for name in ("support", "stress", "processing"))
PROCESSING_TINT, SKILLS = (LIGHT[name] for name in ("processing-tint", "skills"))


def light_sheet() -> str:
    """Return the custom properties of a page that is always light, such as a report."""
    return f":root {{\n{_lines(_properties())}}}\n"


def page_sheet() -> str:
    """Return the style sheet of pages that follow the reader's scheme; what is printed is light."""
    dark = f":root {{\n{_lines((f'--{name}', value) for name, value in TOKENS.dark.items())}}}\n"
    drawings = "".join(
        f'svg [{attribute}="{colour}"] {{\n{_lines([(attribute, f"var(--{name})")])}}}\n'
        for colour, name in _drawn().items()
        for attribute in ("fill", "stroke")
    )
    return (
        ":root {\n  color-scheme: light dark;\n}\n"
        f":root {{\n{_lines(_properties())}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n{_indent(dark + drawings)}}}\n"
    )


def token_file() -> str:
    """Return the style sheet of the pages as a file that tools/write_tokens.py writes."""
    return f"/* Written by tools/write_tokens.py from charts/tokens.toml: do not edit. */\n\n{page_sheet()}"


def dark_rules() -> str:
    """Return the rules that a drawing in a file of its own needs to follow the reader's scheme."""
    rules = "".join(
        f'[{attribute}="{colour}"]{{{attribute}:{TOKENS.dark[name]}}}'
        for colour, name in _drawn().items()
        for attribute in ("fill", "stroke")
    )
    return f"@media screen and (prefers-color-scheme: dark){{{rules}}}"


def _properties() -> Iterator[tuple[str, str]]:
    yield from ((f"--{name}", value) for name, value in TOKENS.light.items())
    yield from ((f"--{name}", value) for name, value in TOKENS.font.items())
    for kind in ("text", "space", "radius"):
        yield from ((f"--{kind}-{name}", value) for name, value in getattr(TOKENS, kind).items())


def _drawn() -> dict[str, str]:
    """Return each light colour with its name; of several names the first, since drawings hold only values."""
    names: dict[str, str] = {}
    for name, colour in TOKENS.light.items():
        names.setdefault(colour, name)
    return names


def _lines(properties: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> str:
    return "".join(f"  {name}: {value};\n" for name, value in properties)


def _indent(rules: str) -> str:
    return "".join(f"  {line}\n" for line in rules.splitlines())
