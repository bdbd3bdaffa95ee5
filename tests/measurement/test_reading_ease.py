"""The syllable counter and the Flesch–Kincaid grade, and the grade of every item of our own."""

import pytest

from each import each
from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import Item
from securebase.measurement.reading_ease import MAX_GRADE, count_syllables, reading_grade

SYLLABLES = {
    1: "a you how felt base time whole drained times through strain tire used weighs goals sleep guard safe grief",
    2: "being client feelings needed lonely useful hopeful people trouble someone something quickly wishes social "
    "dying notice secure between about",
    3: "therapist therapist's everything whenever completely various media period whatever exactly understand",
    4: "overwhelming disagreement information",
    5: "interpersonal university",
}


@each([(n, word) for n, words in SYLLABLES.items() for word in words.split()])
def test_syllables_of_known_words(counted: tuple[int, str]) -> None:
    count, word = counted
    assert count_syllables(word) == count
    assert count_syllables(word.upper()) == count


@pytest.mark.parametrize(
    ("text", "words", "syllables", "sentences"),
    [
        ("The cat sat on the mat.", 6, 6, 1),
        ("How lonely did you feel?", 5, 6, 1),
        ("I asked for help. Nobody came.", 6, 8, 2),
        ("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.", 13, 26, 1),
    ],
)
def test_grade_follows_the_published_formula(text: str, words: int, syllables: int, sentences: int) -> None:
    expected = 0.39 * words / sentences + 11.8 * syllables / words - 15.59
    assert reading_grade(text) == pytest.approx(expected, abs=1e-9)


def test_text_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one word"):
        reading_grade("…?")


OWN_ITEMS = [
    (f"{instrument.id} {item.number}", item)
    for instrument in instruments().values()
    if instrument.own_wording
    for item in instrument.items
]


@each(OWN_ITEMS, lambda item: item[0])
def test_every_own_item_is_read_easily(item: tuple[str, Item]) -> None:
    assert reading_grade(item[1].text) <= MAX_GRADE
