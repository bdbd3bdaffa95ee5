"""Reading ease of our own items: the Flesch–Kincaid grade, with a small syllable counter for English.

Reference: Kincaid, Fishburne, Rogers & Chissom (1975), Derivation of new readability formulas for Navy enlisted
personnel. A grade is a year of school in the United States; grade 6 is read easily at the age of 11 or 12.
"""

from __future__ import annotations

import re

#: Highest grade that an item of our own may have.
MAX_GRADE = 6.0

_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_VOWELS = re.compile(r"[aeiouy]+")
_SENTENCE_END = re.compile(r"[.?!]+")
#: Words that the rules count wrongly.
_EXCEPTIONS = {
    "being": 2, "client": 2, "clients": 2, "doing": 2, "everyone": 3, "everything": 3, "idea": 3, "ideas": 3,
    "quiet": 2, "something": 2, "sometimes": 2,
}  # fmt: skip


def count_syllables(word: str) -> int:
    """Return the number of syllables of an English word, from its groups of vowels."""
    word = word.lower().replace("’", "'")
    if word in _EXCEPTIONS:
        return _EXCEPTIONS[word]
    word = word.split("'")[0]
    # a silent e inside a word: hope|ful, lone|ly
    word = re.sub(r"(?<=[aeiouy][^aeiouy])e(?=(?:ful|ly|less|ment|ness)$)", "", word)
    count = len(_VOWELS.findall(word))
    ends_silently = (
        re.search(r"[^aeiouyl]e$|[aeiouy]le$", word)  # time, whole; but trou|ble
        or re.search(r"[^aeiouytd]ed$", word)  # drained; but need|ed
        or re.search(r"[^aeiouyscgxzlh]es$|[aeiouy]les$", word)  # times; but wish|es
    )
    if ends_silently:
        count -= 1
    # vowels that belong to two syllables: me|di|a, va|ri|ous, dy|ing; but so|cial, ques|tion
    count += len(re.findall(r"(?<![cgstx])i(?:a|o(?!n))|[aeiouy]ing$", word))
    return max(count, 1)


def reading_grade(text: str) -> float:
    """Return the Flesch–Kincaid grade of a text: 0.39 words/sentences + 11.8 syllables/words − 15.59."""
    words = _WORD.findall(text.lower())
    if not words:
        raise ValueError(f"the text must hold at least one word (got {text!r})")
    sentences = max(len(_SENTENCE_END.findall(text)), 1)
    syllables = sum(map(count_syllables, words))
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
