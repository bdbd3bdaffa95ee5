"""The state and the day of a client's consent to research, from the versions of the contract."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from securebase.ipt.consent import ConsentState, ResearchConsent, research_consent
from securebase.records.artefact import ArtefactRecord

GIVEN, WITHDRAWN, NOT_GIVEN = ConsentState.GIVEN, ConsentState.WITHDRAWN, ConsentState.NOT_GIVEN


def versions(answers: Sequence[bool], name: str = "a", begun_at: float = 10.0) -> list[ArtefactRecord]:
    """Return a contract with one version a week; each allows research or not."""
    return [
        ArtefactRecord(
            name,
            "contract",
            {"sharing_consent": ("supervisor", "research") if answer else ("supervisor",)},
            at=begun_at + 7.0 * n,
            begun_at=begun_at,
            version=n + 1,
        )
        for n, answer in enumerate(answers)
    ]


@pytest.mark.parametrize(
    ("answers", "state", "since"),
    [
        ([True], GIVEN, 10.0),
        ([False, True, True], GIVEN, 17.0),  # dated by the first version that says so
        ([True, False, True], GIVEN, 24.0),
        ([True, False, False], WITHDRAWN, 17.0),
        ([False, True, False], WITHDRAWN, 24.0),
        ([False, False], NOT_GIVEN, None),
        ([], ConsentState.NO_CONTRACT, None),
    ],
)
def test_state_and_day(answers: list[bool], state: ConsentState, since: float | None) -> None:
    assert research_consent(versions(answers)) == ResearchConsent(state, since)
    assert research_consent(reversed(versions(answers))) == ResearchConsent(state, since)


def test_only_the_contract_begun_last_counts() -> None:
    old, new = versions([True], "a", 10.0), versions([False], "b", 60.0)
    assert research_consent([*new, *old]).state is NOT_GIVEN
    late_edit = versions([True, True, True, True, True, True, True, True, True], "a", 10.0)
    assert research_consent([*new, *late_edit]).state is NOT_GIVEN


def test_other_worksheets_say_nothing() -> None:
    other = ArtefactRecord("x", "session_note", {"sharing_consent": ("research",)}, 1.0, 1.0)
    assert research_consent([other]).state is ConsentState.NO_CONTRACT
