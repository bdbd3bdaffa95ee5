"""Products and curvatures: a lag that depends on a moderator, or on the process itself."""

from __future__ import annotations

from securebase.model.theory import TheoryEdge
from securebase.study.detrending import MIN_VALUES, Detrending
from securebase.study.edges.columns import EdgeTable, require_clients
from securebase.study.edges.result import EdgeEstimate, NotEstimableError
from securebase.study.estimator import shortest_link
from securebase.study.moderation import ModerationQuestion, estimate_moderation, varies_within_persons
from securebase.study.phrases import number

MIN_CLIENTS, MIN_RATINGS = 200, MIN_VALUES[Detrending.DETRENDED]


def estimate_product(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate:
    """Estimate the product of both ends with the moderator, or the square of the origin, detrended within person.

    Raises NotEstimableError below `MIN_CLIENTS`, or where the columns are too rarely rated in consecutive sessions.
    """
    process, outcome = data.column(edge.from_construct), data.column(edge.to_construct)
    moderator = data.column(edge.moderator) if edge.moderator else process
    columns = tuple(dict.fromkeys((process, moderator, outcome)))
    between = not varies_within_persons(data.rows, moderator)
    require_clients(data, [c for c in columns if c != moderator or not between], MIN_RATINGS, MIN_CLIENTS)
    question = ModerationQuestion(shortest_link(data.rows, process, outcome), moderator, between)
    product = estimate_moderation(data.rows, question, Detrending.DETRENDED)
    if product is None:
        raise NotEstimableError(
            f"{' and '.join(f'“{c}”' for c in columns)} are too rarely rated in consecutive sessions."
        )
    return EdgeEstimate(
        "moderation" if edge.moderator else "curvature",
        columns,
        product.estimate,
        product.lower,
        product.upper,
        product.p_value,
        product.n_persons,
        product.n_pairs,
        "pairs of sessions",
        "change of the standardised lag per SD",
        f"lag at the usual value {number(product.lag)}",
    )
