"""The attachment plane as SVG text: anxiety by avoidance, each rating a point, the first and the last with an ellipse.

The axes name the ends of each dimension. No line divides the plane, because no boundary divides people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from securebase.charts.tokens import ACCENT, CARD, INK, LINE, OTHER, SOFT
from securebase.picture.attachment import AttachmentPlane, AttachmentRating
from securebase.picture.attachment_phrases import plane_description
from securebase.picture.phrases import session

#: As wide as the narrowest card, so that its letters keep their size on a phone.
WIDTH, HEIGHT = 320.0, 284.0
LEFT, TOP, SIDE_X, SIDE_Y = 40.0, 8.0, 272.0, 236.0
#: Room above and below a label in the plot.
_LETTER = 12.0


def attachment_plane_drawing(plane: AttachmentPlane) -> str:
    """Return an SVG element, empty without a whole rating."""
    if not plane.ratings:
        return ""
    first, last = plane.ratings[0], plane.ratings[-1]
    drawn = [*_frame(plane)]
    # what lies beyond the scale is cut off
    ellipses = [_ellipse(plane, last, last=True)]
    if len(plane.ratings) > 1:
        ellipses.insert(0, _ellipse(plane, first, last=False))
    drawn.append(f'<svg x="{LEFT:g}" y="{TOP:g}" width="{SIDE_X:g}" height="{SIDE_Y:g}">{"".join(ellipses)}</svg>')
    places = [_place(plane, rating) for rating in plane.ratings]
    if len(places) > 1:
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        drawn.append(f'<polyline points="{line}" fill="none" stroke="{OTHER}" stroke-width="1.6"/>')
    drawn += [_dot(x, y, OTHER) for x, y in places[:-1]]
    drawn.append(_dot(*places[-1], ACCENT, radius=5.5))
    drawn += _labels(plane, places)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plane" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}"'
        f' height="{HEIGHT:g}" role="img" aria-label="{escape(plane_description(plane))}"'
        f' font-family="system-ui, sans-serif" font-size="12"><g fill="{SOFT}">{"".join(drawn)}</g></svg>'
    )


def _place(plane: AttachmentPlane, rating: AttachmentRating) -> tuple[float, float]:
    low, high = plane.limits
    x, y = ((value - low) / (high - low) for value in (rating.avoidance, rating.anxiety))
    return LEFT + x * SIDE_X, TOP + (1.0 - y) * SIDE_Y


def _frame(plane: AttachmentPlane) -> Iterator[str]:
    low, high = plane.limits
    right, bottom = LEFT + SIDE_X, TOP + SIDE_Y
    for k in range(5):
        x, y = LEFT + SIDE_X * k / 4, TOP + SIDE_Y * k / 4
        yield f'<path d="M{x:g},{TOP:g}V{bottom:g}M{LEFT:g},{y:g}H{right:g}" stroke="{LINE}" fill="none"/>'
    for value, share in ((low, 0.0), ((low + high) / 2, 0.5), (high, 1.0)):
        x, y = LEFT + share * SIDE_X, bottom - share * SIDE_Y
        yield f'<text x="{x:g}" y="{bottom + 15:g}" text-anchor="middle">{value:g}</text>'
        yield f'<text x="{LEFT - 6:g}" y="{y + 4:g}" text-anchor="end">{value:g}</text>'
    yield f'<text x="{right:g}" y="{bottom + 33:g}" text-anchor="end">avoidance: keeps distance →</text>'
    yield f'<text transform="translate(14 {TOP:g}) rotate(-90)" text-anchor="end">anxiety: fears losing people →</text>'


def _ellipse(plane: AttachmentPlane, rating: AttachmentRating, *, last: bool) -> str:
    x, y = _place(plane, rating)
    low, high = plane.limits
    radii = [radius / (high - low) for radius in plane.radii]
    ink, dashes = (ACCENT, "") if last else (OTHER, ' stroke-dasharray="4 3"')
    return (
        f'<ellipse cx="{x - LEFT:.1f}" cy="{y - TOP:.1f}" rx="{radii[1] * SIDE_X:.1f}" ry="{radii[0] * SIDE_Y:.1f}"'
        f' fill="{ink}" fill-opacity="0.12" stroke="{ink}" stroke-width="1.5"{dashes}/>'
    )


def _dot(x: float, y: float, ink: str, radius: float = 4.0) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{ink}"/>'


def _labels(plane: AttachmentPlane, places: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Yield the names of the first and the last rating, one above and one below, inside the plot."""
    first = plane.ratings[0]
    start = "start" if plane.is_early else session(first.session, first.at)
    names = [start] if len(places) == 1 else [start, "end" if plane.has_ended else "now"]
    is_above = places[0][1] <= places[-1][1]
    for (x, y), text, above in zip((places[0], places[-1]), names, (is_above, not is_above), strict=False):
        # the highest label leaves room for one above it, the lowest for one below
        least, most = (TOP + _LETTER, TOP + SIDE_Y - 20) if above else (TOP + 28, TOP + SIDE_Y - 4)
        height = min(max(y - 10 if above else y + 20, least), most)
        anchor = "start" if x < LEFT + 40 else "end" if x > LEFT + SIDE_X - 40 else "middle"
        yield (
            f'<text x="{x:.1f}" y="{height:.1f}" text-anchor="{anchor}" font-weight="600" paint-order="stroke"'
            f' stroke="{CARD}" stroke-width="3" fill="{INK}">{escape(text)}</text>'
        )
