"""The alliance grows over the course of therapy."""

from securebase.model.mechanism import THERAPY, Grade, Lag, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct=THERAPY,
    to_construct="alliance",
    claims=("S1", "S18"),
    prior=Prior(
        mean=0.5,
        sd=0.3,
        basis="A judgement: ratings usually rise over a course. No figure was looked up.",
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMON_FACTORS,
    about="The alliance tends to be rated higher at the end than after the first session.",
    lag=Lag.COURSE,
)
