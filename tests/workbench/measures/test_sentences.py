"""Facts about items and scales in words."""

from __future__ import annotations

from securebase.measurement.catalogue import instrument
from securebase.measurement.instrument import Item, ResponseOption
from securebase.workbench.measures.sentences import describe_answers, describe_bands, describe_method


def test_an_item_says_how_it_is_answered() -> None:
    scale = Item(number=1, label="a", minimum=0, maximum=10, low_label="none", high_label="very much")
    assert describe_answers(scale) == "0 none to 10 very much"
    assert describe_answers(Item(number=1, label="a", minimum=1, maximum=2.5)) == "1 to 2.5"


def test_options_are_listed_and_what_counts_as_missing_is_said() -> None:
    options = (ResponseOption(value=0, label="no"), ResponseOption(value=1, label="yes"))
    assert describe_answers(Item(number=1, label="a", minimum=0, maximum=1, options=options)) == "0 no · 1 yes"
    absent = (ResponseOption(value=9, label="does not apply", missing=True),)
    item = Item(number=1, label="a", minimum=0, maximum=8, options=absent)
    assert describe_answers(item) == "0 to 8 · 9 does not apply (counts as missing)"


def test_a_scale_says_how_it_is_scored() -> None:
    phq9 = instrument("phq9").scales[0]
    assert describe_method(phq9) == "sum of items 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert describe_bands(phq9).startswith("0–4 ")
    single = next(s for i in ("focus_week", "session_before") for s in instrument(i).scales if len(s.items) == 1)
    assert describe_method(single).startswith(f"item {single.items[0]}")
