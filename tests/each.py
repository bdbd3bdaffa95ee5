"""A decorator that runs one test over many cases and names all that fail."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

Test = Callable[[Any], None]


def each(cases: Iterable[Any], name: Callable[[Any], object] = str) -> Callable[[Test], Callable[[], None]]:
    """Turn a test of one case into one test that checks all cases and names every one that fails."""
    all_cases = tuple(cases)

    def decorate(test: Test) -> Callable[[], None]:
        @functools.wraps(test)
        def check_all() -> None:
            assert all_cases, "there is nothing to check"
            errors, failing = [], []
            for case in all_cases:
                try:
                    test(case)
                except Exception as error:
                    failing.append(str(name(case)))
                    error.add_note(f"of {failing[-1]}")
                    errors.append(error)
            if errors:
                raise ExceptionGroup(f"{len(errors)} of {len(all_cases)} fail: {', '.join(failing)}", errors)

        del check_all.__wrapped__  # type: ignore[attr-defined] # Pytest would read the case as a fixture.
        return check_all

    return decorate
