"""The alliance may make it easier to find and use support."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="alliance",
    to_construct="social_support",
    claims=("S27", "S31", "S86"),
    prior=Prior(
        mean=0.05,
        sd=0.06,
        basis="No figure was found for any of the four. Small, and one prior for all four, apart from the sign.",
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.SOCIAL,
    about="An ally in therapy may encourage the client to turn to others.",
    exchangeable_with="alliance_to_mechanism",
)
