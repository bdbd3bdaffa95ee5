"""From how many clients on each estimator prints a number, in words."""

from __future__ import annotations

from securebase.model.retellings.fitting import MIN_RETELLINGS
from securebase.study.edges import change, events, lags, levels, moderation, same_session, stories
from securebase.study.estimators import ct_sparse

#: Estimator → what a table needs before it prints a number.
MINIMA = {
    "lag between two columns": f"{lags.MIN_CLIENTS} clients with {ct_sparse.MIN_RATINGS} ratings of each",
    "lag with priors on persistence and error": (
        f"{ct_sparse.MIN_CLIENTS} clients with {ct_sparse.MIN_RATINGS_RARE} ratings of a rare column and "
        f"{ct_sparse.MIN_RATINGS} of one rated often; both rare: also {ct_sparse.MIN_PAIRS} ratings within two "
        "weeks after one of the other column"
    ),
    "association within the session": f"{same_session.MIN_CLIENTS} clients with two such sessions",
    "moderated lag, curvature of a lag": (
        f"{moderation.MIN_CLIENTS} clients with {moderation.MIN_RATINGS} values of each"
    ),
    "between-person correlation": (
        f"{levels.MIN_CLIENTS} clients with both, {levels.MIN_REPEATED} with two values of each"
    ),
    "events": f"{events.MIN_EVENTS} events in {events.MIN_CLIENTS} clients",
    "correlation of change scores": f"{change.MIN_CLIENTS} clients with a first and a last value",
    "comparison with clients without therapy": (
        f"a column “{change.ARM}” (1 or 0), {change.MIN_IN_ARM} clients in each arm"
    ),
    "retellings of stories": f"{stories.MIN_STORIES} stories with {MIN_RETELLINGS} retellings",
}
