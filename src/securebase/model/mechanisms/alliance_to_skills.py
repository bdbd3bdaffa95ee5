"""The alliance may help interpersonal skills to grow."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="alliance",
    to_construct="interpersonal_skills",
    claims=("S28", "S37"),
    prior=Prior(
        mean=0.05,
        sd=0.06,
        basis="No figure was found for any of the four. Small, and one prior for all four, apart from the sign.",
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="Trusted feedback may improve how the client deals with others.",
    exchangeable_with="alliance_to_mechanism",
)
