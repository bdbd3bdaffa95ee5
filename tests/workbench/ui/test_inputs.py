"""Items of instruments and fields of worksheets become inputs, and are read, by one way."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from each import each
from securebase.ipt.parsing import parse_value
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Field, FieldKind, Option
from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import Instrument
from securebase.workbench.measures.forms import AnswersForm
from securebase.workbench.measures.item_fields import item_field
from securebase.workbench.ui.inputs import Input, build_input
from securebase.workbench.worksheets.forms import build_inputs


def read(field: Field, text: str) -> tuple[object, str]:
    """Return value and problem of a typed text."""
    unread: dict[str, tuple[str, str]] = {}
    value = parse_value(field, text, "x", unread)
    return value, unread.get("x", ("", ""))[1]


@each(instruments().values(), lambda spec: spec.id)
def test_every_answer_that_an_item_offers_is_read_and_shown_again(spec: Instrument) -> None:
    for item in spec.items:
        field = item_field(item, in_full=True)
        blank = build_input(field, "x", None, {})
        offered = [o.option.value for o in (*blank.choices, *blank.other_choices)]
        assert {float(v) for v in offered} >= {o.value for o in item.options}
        assert item.choices or {float(v) for v in offered} >= {item.minimum, item.maximum}
        for text in offered:
            value, problem = read(field, text)
            assert (float(str(value)), problem) == (float(text), "")
            again = build_input(field, "x", value, {})
            assert [c.option.value for c in (*again.choices, *again.other_choices) if c.chosen] == [text]


@each(instruments().values(), lambda spec: spec.id)
def test_an_answer_that_an_item_does_not_offer_is_refused(spec: Instrument) -> None:
    for item in spec.items:
        field = item_field(item, in_full=True)
        outside = max(item.maximum, *(o.value for o in item.options)) + 1 if item.options else item.maximum + 1
        value, problem = read(field, f"{outside:g}")
        assert value is None
        assert problem.startswith("Choose one of the listed answers") or problem.startswith("The answer must be")


def test_both_kinds_of_definition_give_the_same_input() -> None:
    note = next(w for w in worksheets().values() if any(f.kind is FieldKind.SCALE for f in w.fields))
    inputs = build_inputs(note, {}, {}, people={}, formulation="triad")
    (instrument,) = [i for i in instruments().values() if i.id == "session_after"]
    questions = AnswersForm(instrument=instrument).questions
    assert {type(i) for i in (*inputs, *questions)} == {Input}
    scale = next(i for i in inputs if i.kind == "scale")
    asked = next(q for q in questions if q.kind == "scale")
    same = build_input(scale.field, asked.name, None, {}, number=asked.number)
    assert (same.steps, same.is_open) == (scale.steps, asked.is_open)


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        (FieldKind.SCALE, "11", "Enter a number from 0 to 10."),
        (FieldKind.SCALE, "many", "Enter a number."),
        (FieldKind.CHOICE, "c", "Choose one of the options."),
    ],
)
def test_a_field_without_words_of_its_own_has_the_usual_ones(kind: FieldKind, text: str, problem: str) -> None:
    options = (Option("a", "A"),) if kind is FieldKind.CHOICE else ()
    assert read(Field("x", "L", kind, options=options), text) == (None, problem)


def test_a_refused_form_shows_what_was_typed_with_the_reason() -> None:
    instrument = instruments()["session_after"]
    form = AnswersForm(QueryDict("submission=s&item_1=99&item_2=3"), instrument=instrument)
    assert not form.is_valid()
    first, second, *others = form.questions
    assert (first.value, first.error) == ("99", "The answer must be 0 to 10.")
    assert (second.chosen, second.error, second.is_open) == ("3", "", False)
    assert all(q.is_open for q in others)
    assert form.responses()[1] is None
    assert form.responses()[2] == 3
