"""Inputs: one definition of a question (a worksheet's field, an instrument's item) as a template needs it.

`Field` is the definition. Pages on screen, on a phone and on paper, typing in and the client's own page build the same
`Input` from it, and `ipt.parsing` reads what was typed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from securebase.ipt.worksheet import EXTENTS, Field, FieldKind, Option


@dataclass(frozen=True, slots=True)
class SelectableOption:
    """One option of an input, selected or not. alerting: choosing it raises a safety alert."""

    option: Option
    chosen: bool
    alerting: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """One question for a template: `value` is its content, `error` the reason why the input could not be parsed.

    choices: options, or the steps of a scale. other_choices: answers beside these steps, such as “does not apply”.
    rows, blank: the rows of a list and an empty one. heading: section heading above, if it is the first of its
    section. number: its number in a form whose questions are counted. safety: an answer may raise an alert.
    """

    field: Field
    name: str
    value: str = ""
    choices: tuple[SelectableOption, ...] = ()
    other_choices: tuple[SelectableOption, ...] = ()
    error: str = ""
    rows: tuple[tuple[Input, ...], ...] = ()
    blank: tuple[Input, ...] = ()
    heading: str = ""
    number: int = 0
    safety: bool = False

    @property
    def kind(self) -> str:
        return self.field.kind.value

    @property
    def ident(self) -> str:
        """The id of the element; dots would have to be escaped in selectors."""
        return self.name.replace(".", "-")

    @property
    def steps(self) -> list[str]:
        """Return the values of a scale."""
        return [c.option.value for c in self.choices]

    @property
    def chosen(self) -> str:
        """Return the selected value of a scale, or nothing."""
        return next((c.option.value for c in self.choices if c.chosen), "")

    @property
    def listed(self) -> tuple[SelectableOption, ...]:
        """Answers to choose from a list; empty if the answer is typed as a number."""
        return (*self.choices, *self.other_choices) if self.kind == FieldKind.CHOICE or self.other_choices else ()

    @property
    def unchosen(self) -> bool:
        """Return whether none of the options is chosen, so that “No answer” is."""
        return not any(c.chosen for c in (*self.choices, *self.other_choices))

    @property
    def is_open(self) -> bool:
        return not self.value and self.unchosen and not self.rows


def build_input(
    field: Field,
    name: str,
    value: Any,
    unread: Mapping[str, Sequence[str]],
    *,
    people: Mapping[str, str] | None = None,
    alerting: Collection[str] = (),
    **place: Any,
) -> Input:
    """Return the input of a field with its stored or just typed value.

    unread: name → (input as typed, problem). people: id → name, for a person field. alerting: values that raise an
    alert. place: heading, number and safety of the input.
    """
    raw_text, error = unread.get(name, ("", ""))
    return Input(
        field,
        name,
        value=raw_text or _as_text(value),
        choices=_choices(field, value, people or {}, alerting),
        other_choices=tuple(SelectableOption(o, _as_text(value) == o.value) for o in _options_beside(field)),
        error=error,
        **place,
    )


def _options_beside(field: Field) -> tuple[Option, ...]:
    return field.options if field.kind is FieldKind.SCALE else ()


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, list | tuple):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _choices(
    field: Field, value: Any, people: Mapping[str, str], alerting: Collection[str]
) -> tuple[SelectableOption, ...]:
    if field.kind is FieldKind.EXTENT:
        return tuple(SelectableOption(Option(str(n), words), value == n) for n, words in enumerate(EXTENTS))
    if field.kind is FieldKind.SCALE:
        # compared as texts: three steps of 0.1 are not the number 0.3
        return tuple(SelectableOption(Option(f"{n:g}", f"{n:g}"), _as_text(value) == f"{n:g}") for n in field.steps)
    if field.kind is FieldKind.YES_NO:
        return tuple(SelectableOption(Option(v, v.capitalize()), value is (v == "yes")) for v in ("yes", "no"))
    if field.kind is FieldKind.PERSON:
        options = [SelectableOption(Option(id_, name), value == id_) for id_, name in people.items()]
        if value and value not in people:
            options.append(SelectableOption(Option(str(value), "someone no longer in the inventory"), chosen=True))
        return tuple(options)
    selected_values = set(value) if isinstance(value, list | tuple) else {value}
    return tuple(SelectableOption(o, o.value in selected_values, o.value in alerting) for o in field.options)
