"""A shared course in words."""

from __future__ import annotations

from datetime import UTC, datetime

from securebase.workbench.supervision.models import Share, SharedPart
from securebase.workbench.supervision.sentences import describe_parts, describe_term

END = datetime(2026, 12, 1, 0, tzinfo=UTC)


def test_a_share_says_until_when_it_lasts() -> None:
    share = Share(until=END)
    last_day = f"{share.last_day.day} {share.last_day:%B %Y}"
    assert describe_term(share, live=True) == f"until {last_day}"
    assert describe_term(share, live=False) == f"expired {last_day}"
    revoked = Share(until=END, revoked_at=datetime(2026, 11, 3, 10, tzinfo=UTC))
    assert describe_term(revoked, live=False) == "stopped 3 November 2026"


def test_a_share_says_what_it_holds() -> None:
    assert describe_parts(Share(worksheets=["incident"])) == "1 kind of worksheet"
    share = Share(parts=[SharedPart.MEASURES], worksheets=["incident", "contract"], consent_note="urgent")
    assert describe_parts(share) == (
        "Scores every fourth session; 2 kinds of worksheet. Shared without consent in the contract: “urgent”"
    )
