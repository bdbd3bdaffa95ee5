"""Sources of support, for two pages: the chart, what has shifted, and the latest check of the hand-over."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString

from securebase.charts.support_shares import support_shares
from securebase.ipt.hand_over import look_in_words, looks_of
from securebase.ipt.network import support_share_history
from securebase.ipt.network_phrases import BOTH_SOURCES, support_headline, support_shares_in_words
from securebase.records.episode import EpisodeRecord
from securebase.workbench.ui.drawings import trusted_svg


@dataclass(frozen=True, slots=True)
class SupportView:
    """The chart of shares (empty without any), its words and key, and a sentence on the hand-over (may be empty)."""

    headline: str
    sentence: str
    chart: SafeString
    key: str
    hand_over: str


def support_view(record: EpisodeRecord) -> SupportView:
    """Return the sources of support of a course."""
    shares = support_share_history(record)
    chart = trusted_svg(support_shares(shares))
    sources = {share.respondent for share in shares}
    return SupportView(
        support_headline(shares),
        support_shares_in_words(shares),
        chart,
        BOTH_SOURCES if len(sources) > 1 else "",
        look_in_words(looks_of(record)),
    )
