"""One test of one property of many things, which lists all that lack it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

Test = Callable[[Any], None]


def each(cases: Iterable[Any], name: Callable[[Any], object] = str) -> Callable[[Test], Callable[[], None]]:
    """Make one test of a test of one case: it checks every case, and fails with the names of all that fail."""
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
