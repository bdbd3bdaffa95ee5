"""Sources of support, for two pages: the chart, what has shifted, and the latest check of the hand-over."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString

from securebase.charts.support_shares import support_shares
from securebase.ipt.hand_over import look_in_words, looks_of
from securebase.ipt.network import support_share_history
from securebase.ipt.network_phrases import support_shares_in_words
from securebase.records.episode import EpisodeRecord
from securebase.workbench.ui.drawings import trusted_svg


@dataclass(frozen=True, slots=True)
class SupportView:
    """The chart of shares (empty without any), a sentence about them, and one on the hand-over (empty without one)."""

    chart: SafeString
    sentence: str
    hand_over: str


def support_view(record: EpisodeRecord) -> SupportView:
    """Return the sources of support of a course."""
    shares = support_share_history(record)
    chart = trusted_svg(support_shares(shares))
    return SupportView(chart, support_shares_in_words(shares), look_in_words(looks_of(record)))
