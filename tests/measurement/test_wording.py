"""Wording of instruments: read from pasted lines and files, checked line by line, applied to the skeleton."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from securebase.errors import InstrumentError
from securebase.measurement.catalogue import instrument, instruments
from securebase.measurement.scoring import score
from securebase.measurement.wording import (
    AnswerLabel,
    Wording,
    answer_values,
    apply_wording,
    check_wording,
    needed_items,
)
from securebase.measurement.wording_sources import Draft, parse_pasted_text, read_wording_file

PHQ9 = instrument("phq9")
LABELS = ("never", "now and then", "often", "always")
TEXTS = [f"First thing number {n} in words" for n in range(1, 10)]
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ITEMS = {n: f"A made-up line about {word} apples" for n, word in enumerate(WORDS, 1)}
ANSWERS = dict(zip((0.0, 1.0, 2.0, 3.0), LABELS, strict=True))
ROW = "\t".join(LABELS)


def lines(template: str) -> str:
    return "\n".join(template.format(n=n, text=text) for n, text in ITEMS.items())


PASTES = {
    "numbered": f"Think of the last days.\n{ROW}\n" + lines("{n}. {text}"),
    "brackets and answers with numbers": "0 = never, 1 = now and then, 2 = often, 3 = always\n" + lines("{n}) {text}"),
    "answers before their numbers": "never (0) now and then (1) often (2) always (3)\n" + lines("({n}) {text}"),
    "one line an answer": lines("{n}. {text}") + "\n0 never\n1 now and then\n2 often\n3 always",
    "values behind every line": f"{ROW}\n" + lines("{n}. {text}\t0\t1\t2\t3"),
    "boxes behind every line": f"{ROW}\n" + lines("{n}. {text} ☐ ☐ ☐ ☐"),
    "no numbers": f"Think of the last days.\n{ROW}\n" + lines("{text}"),
    "bullets": f"Think of the last days.\n{ROW}\n" + lines("• {text}"),
    "letters": f"{ROW}\n" + "\n".join(f"{'abcdefghi'[n - 1]}) {text}" for n, text in ITEMS.items()),
    "windows line ends and spaces": f"{ROW}\r\n\r\n" + lines("  {n}.   {text}  ").replace("\n", "\r\n\r\n"),
    "the row repeated": f"{ROW}\n" + lines("{n}. {text}").replace("\n5. ", f"\n{ROW}\n5. "),
    "heads of columns, one a line": "Think of the last days.\n" + "\n".join(LABELS) + "\n" + lines("{n}. {text}"),
    "pipes": " | ".join(LABELS) + "\n" + lines("{n}. {text}"),
}


@pytest.mark.parametrize("name", PASTES)
def test_reads_what_people_paste(name: str) -> None:
    draft = parse_pasted_text(PHQ9, PASTES[name])
    assert dict(draft.items) == ITEMS
    assert dict(draft.answers) == ANSWERS
    assert draft.introduction in {"", "Think of the last days."}
    assert not draft.leftover
    assert not check_wording(PHQ9, draft.wording(PHQ9, "en"))


def test_joins_wrapped_lines_to_their_item() -> None:
    text = lines("{n}. {text}").replace("four apples", "four\napples")
    assert dict(parse_pasted_text(PHQ9, text).items) == ITEMS


def test_a_line_without_a_number_after_the_last_item_is_left_for_a_person_to_place() -> None:
    foot = "A made-up line that asks about trees\nTotal: ____"
    draft = parse_pasted_text(PHQ9, f"{ROW}\n{lines('{n}. {text}')}\nand pears\n{foot}")
    assert draft.items[9] == "A made-up line about nine apples and pears"
    assert draft.leftover == ("A made-up line that asks about trees", "Total:")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30), max_size=25)
)
def test_no_word_is_lost_and_nothing_crashes(parts: list[str]) -> None:
    draft = parse_pasted_text(PHQ9, "\n".join(parts))
    check_wording(PHQ9, draft.wording(PHQ9, "en"))
    content = " ".join([draft.introduction, *draft.items.values(), *draft.answers.values(), *draft.leftover])
    for word in "\n".join(parts).split():
        if word.isalpha():
            assert word in content, word


def wording(**changes: object) -> Wording:
    answers = tuple(AnswerLabel(value, label) for value, label in ANSWERS.items())
    base = Wording(instrument="phq9", language="en", items=ITEMS, answers=answers)
    return replace(base, **changes)


def test_a_complete_wording_has_no_problem_and_may_leave_out_what_is_not_scored() -> None:
    assert needed_items(PHQ9) == frozenset(range(1, 10))
    assert check_wording(PHQ9, wording()) == ()
    worded = apply_wording(PHQ9, wording(introduction="Think of the last days."))
    assert [item.number for item in worded.items] == list(range(1, 10))
    assert (worded.items[3].text, worded.items[3].label) == (ITEMS[4], "energy")
    assert [option.label for option in worded.items[0].options] == list(LABELS)
    assert worded.introduction == "Think of the last days."


@pytest.mark.parametrize(
    ("changes", "item", "words"),
    [
        ({"items": {n: t for n, t in ITEMS.items() if n != 3}}, 3, r"Item 3 \(sleep\) has no text"),
        ({"items": ITEMS | {4: ITEMS[2].upper()}}, 4, "Items 2 and 4 have the same text"),
        ({"items": ITEMS | {12: "x"}}, 12, "has no item 12"),
        ({"items": ITEMS | {5: "a" * 700}}, 5, "700 characters"),
        ({"items": ITEMS | {5: "abc\u202edef"}}, 5, r"invisible characters \(U\+202E\)"),
        ({"answers": ()}, 0, "item 1 has no words for the answers 0, 1, 2, 3"),
        ({"answers": tuple(AnswerLabel(v, "same") for v in ANSWERS)}, 0, "two answers in the same words"),
        ({"language": "Klingon!"}, 0, "Klingon!"),
        ({"introduction": "a" * 2001}, 0, "The introduction has 2001 characters"),
    ],
)
def test_a_problem_names_its_line(changes: dict[str, object], item: int, words: str) -> None:
    import re

    problems = check_wording(PHQ9, wording(**changes))
    assert any(p.item == item and re.search(words, p.problem) for p in problems), problems


def test_wording_never_changes_a_score() -> None:
    responses = {n: float(n % 4) for n in range(1, 10)}
    assert score(apply_wording(PHQ9, wording()), responses).scores == score(PHQ9, responses).scores


def fhir(**changes: object) -> dict[str, object]:
    options = [
        {"valueCoding": {"code": f"LA{v}", "display": label}, "extension": [{"url": "ordinal", "valueDecimal": v}]}
        for v, label in ANSWERS.items()
    ]
    questions = [
        {
            "linkId": f"/44249-1/{PHQ9.codes[f'item_{n}']}",
            "text": text,
            "type": "choice",
            "code": [{"system": "http://loinc.org", "code": PHQ9.codes[f"item_{n}"]}],
            "answerOption": options,
        }
        for n, text in reversed(ITEMS.items())
    ]
    group = {"linkId": "g", "type": "group", "text": "Think of the last days.", "item": questions}
    return {"resourceType": "Questionnaire", "language": "en", "item": [group]} | changes


def test_reads_a_fhir_questionnaire_by_its_codes() -> None:
    draft = read_wording_file(PHQ9, "phq9.json", json.dumps(fhir()).encode())
    assert dict(draft.items) == ITEMS
    assert dict(draft.answers) == ANSWERS
    assert (draft.introduction, draft.language) == ("Think of the last days.", "en")


def test_reads_answers_of_a_contained_value_set_and_questions_by_order() -> None:
    concepts = [{"code": str(n), "display": label} for n, label in enumerate(LABELS)]
    questions = [{"linkId": str(n), "type": "choice", "text": t, "answerValueSet": "#a"} for n, t in ITEMS.items()]
    contained = [{"resourceType": "ValueSet", "id": "a", "compose": {"include": [{"concept": concepts}]}}]
    content = json.dumps(
        fhir(item=[*questions, {"linkId": "x", "type": "string", "text": "Any remark?"}], contained=contained)
    )
    draft = read_wording_file(PHQ9, "q.json", content.encode())
    assert {n: draft.items[n] for n in ITEMS} == ITEMS
    assert dict(draft.answers) == ANSWERS


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "invalid JSON"),
        (b'{"resourceType": "Patient"}', "not a FHIR Questionnaire"),
        (b"items = 3", "items"),
        (b'instrument = "gad7"', "wording of “gad7”"),
        (b"\xff\xfe", "invalid TOML"),
        (b" " * 1_000_001, "at most 1,000,000"),
    ],
)
def test_refuses_other_files_in_words(content: bytes, words: str) -> None:
    with pytest.raises(InstrumentError, match=words):
        read_wording_file(PHQ9, "file", content)


def test_reads_toml_with_answers_of_single_items() -> None:
    content = """
    language = "de"
    [items]
    1 = "eins"
    [[answers]]
    value = 0
    label = "nie"
    [own_answers]
    1 = [{ value = 0, label = "gar nie" }]
    """
    draft = read_wording_file(PHQ9, "w.toml", content.encode())
    assert (draft.language, draft.items, draft.answers) == ("de", {1: "eins"}, {0.0: "nie"})
    assert draft.own_answers == {1: {0.0: "gar nie"}}


def test_every_instrument_of_others_can_be_worded() -> None:
    for skeleton in instruments().values():
        if skeleton.own_wording or skeleton.respondent != "client":
            continue
        texts = {item.number: f"Line {item.number} of it" for item in skeleton.items}
        own = {i.number: {v: f"Answer {v:g}" for v in answer_values(i)} for i in skeleton.items if answer_values(i)}
        draft = Draft(items=texts, own_answers=own, low_label="low", high_label="high")
        assert check_wording(skeleton, draft.wording(skeleton, "en")) == (), skeleton.id
        worded = apply_wording(skeleton, draft.wording(skeleton, "en"))
        assert [i.number for i in worded.items] == [i.number for i in skeleton.items]
