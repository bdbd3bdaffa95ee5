"""Wording of an instrument: the texts of its items and answers in one language, as a clinic has loaded them.

The package ships no wording of others. A clinic pastes the lines of the sheet that it may use, or reads a file
(`wording_sources`); here the lines are checked against the instrument's skeleton and applied to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field
from msgspec.structs import replace

from securebase.measurement.instrument import Instrument, Item, ItemNumber, ResponseOption
from securebase.schema import Id, Number, ShelfStruct, Text

#: Language of a wording (BCP 47), such as “de” or “es-MX”.
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
Language = Annotated[str, Meta(pattern=f"^{LANGUAGE_TAG.pattern}$", description="a language such as de or es-MX")]
#: Longest text of an item, an answer and the introduction, in characters.
MAX_ITEM, MAX_LABEL, MAX_INTRODUCTION = 600, 200, 2000
#: Most values of an item that are offered as worded answers; with more, only both ends of the scale have words.
MAX_ANSWERS = 8


class AnswerLabel(ShelfStruct, frozen=True):
    """The words of one answer."""

    value: Number
    label: Text


class Wording(ShelfStruct, frozen=True):
    """Wording of one instrument in one language.

    `items` maps item numbers to texts; `answers` are those of every item, `own_answers` those of single items. Scales
    with many values have words for their ends instead. `number` counts the versions of a language.
    """

    instrument: Id
    language: Language
    items: Mapping[ItemNumber, Text]
    instrument_version: str = "1"
    number: int = 1
    introduction: str = ""
    answers: tuple[AnswerLabel, ...] = ()
    own_answers: Mapping[ItemNumber, tuple[AnswerLabel, ...]] = field(default_factory=dict)
    low_label: str = ""
    high_label: str = ""
    #: where the text was taken from, and the licence question as the clinic answered it
    source: str = ""
    licence: Literal["free", "permission", ""] = ""
    loaded_by: str = ""
    loaded_on: str = ""

    @property
    def tag(self) -> str:
        """Name of this version, such as “de-2”."""
        return f"{self.language}-{self.number}"


class WordingProblem(ShelfStruct, frozen=True):
    """A problem of one line. `item` is the number of an item, 0 for the whole; `part` names the line."""

    item: int
    part: Literal["text", "answers", "introduction", "language"]
    problem: Text


def answer_values(item: Item) -> tuple[float, ...]:
    """Return the values of an item that need words; none if it has more than can be worded."""
    if item.options:
        return tuple(option.value for option in item.options)
    count = round((item.maximum - item.minimum) / item.step) + 1
    return tuple(item.minimum + n * item.step for n in range(count)) if count <= MAX_ANSWERS else ()


def needed_items(instrument: Instrument) -> frozenset[int]:
    """Return the items that a score or a safety rule needs; others may be left out."""
    scored = {number for scale in instrument.scales for number in scale.items}
    return frozenset(scored | {rule.item for rule in instrument.safety_rules})


def check_wording(instrument: Instrument, wording: Wording) -> tuple[WordingProblem, ...]:
    """Return what is wrong with a wording, line by line; nothing if it can be used."""
    problems = []

    def report(number: int, part: Literal["text", "answers", "introduction", "language"], problem: str) -> None:
        problems.append(WordingProblem(number, part, problem))

    if not LANGUAGE_TAG.fullmatch(wording.language):
        report(0, "language", f"The language must be a tag such as de or es-MX (got “{wording.language}”).")
    if problem := _text_problem(wording.introduction, MAX_INTRODUCTION, empty=True):
        report(0, "introduction", f"The introduction {problem}.")
    known = {item.number: item for item in instrument.items}
    for number in sorted(set(wording.items) - set(known)):
        report(number, "text", f"{instrument.name} has no item {number}.")
    for number in sorted(needed_items(instrument) - {n for n, text in wording.items.items() if text.strip()}):
        report(number, "text", f"Item {number} ({known[number].label}) has no text.")
    seen: dict[str, int] = {}
    for number, text in wording.items.items():
        if number not in known:
            continue
        if problem := _text_problem(text, MAX_ITEM):
            report(number, "text", f"Item {number} {problem}.")
        first = seen.setdefault(" ".join(text.casefold().split()), number)
        if first != number:
            report(number, "text", f"Items {first} and {number} have the same text.")
        if (problem := _answers_problem(known[number], wording)) and number in wording.own_answers:
            report(number, "answers", f"Item {number} {problem}.")
        elif problem and not any(p.part == "answers" and p.item == 0 for p in problems):
            report(0, "answers", f"Without answers of its own, item {number} {problem}.")
    return tuple(problems)


def _answers_problem(item: Item, wording: Wording) -> str:
    values, answers = answer_values(item), _answers_of(item, wording)
    if not values:
        return ""
    labels = {answer.value: answer.label for answer in answers}
    missing = [f"{value:g}" for value in values if not labels.get(value, "").strip()]
    if missing:
        return f"has no words for the answer{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
    if len(answers) != len(values):
        return f"has {len(answers)} worded answers instead of {len(values)}"
    if len({label.casefold().strip() for label in labels.values()}) < len(labels):
        return "has two answers in the same words"
    problems = (_text_problem(label, MAX_LABEL) for label in labels.values())
    return next((f"has an answer that {problem}" for problem in problems if problem), "")


def _answers_of(item: Item, wording: Wording) -> tuple[AnswerLabel, ...]:
    return wording.own_answers.get(item.number, wording.answers)


def _text_problem(text: str, longest: int, *, empty: bool = False) -> str:
    if not text.strip():
        return "" if empty else "has no text"
    if len(text) > longest:
        return f"has {len(text)} characters; at most {longest} are allowed"
    # control and formatting characters, such as those that reverse the direction of writing, would hide what is asked
    hidden = sorted({f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in {"Cc", "Cf"} and c not in "\n\t"})
    return f"holds invisible characters ({', '.join(hidden)}). Delete them" if hidden else ""


def apply_wording(instrument: Instrument, wording: Wording) -> Instrument:
    """Return the instrument with these texts. Items without a text, which no score needs, are left out."""
    items = tuple(
        _apply_to_item(item, wording) for item in instrument.items if wording.items.get(item.number, "").strip()
    )
    return replace(instrument, items=items, introduction=wording.introduction)


def _apply_to_item(item: Item, wording: Wording) -> Item:
    text = wording.items[item.number].strip()
    values = answer_values(item)
    if not values:
        return replace(item, text=text, low_label=wording.low_label, high_label=wording.high_label)
    missing = {option.value for option in item.options if option.missing}
    labels = {answer.value: answer.label.strip() for answer in _answers_of(item, wording)}
    options = tuple(ResponseOption(value, labels[value], missing=value in missing) for value in values)
    return replace(item, text=text, options=options)
