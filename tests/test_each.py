"""A test of every case names all that fail, and does not pass without cases."""

from __future__ import annotations

import pytest

from each import each


def check_even(number: int) -> None:
    assert number % 2 == 0


def test_all_failing_cases_are_named() -> None:
    with pytest.raises(ExceptionGroup, match=r"2 of 4 fail: 1, 3") as caught:
        each([1, 2, 3, 4])(check_even)()
    assert [error.__notes__ for error in caught.value.exceptions] == [["of 1"], ["of 3"]]


def test_nothing_to_check_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="nothing to check"):
        each([])(check_even)()
