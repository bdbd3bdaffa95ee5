"""The alliance may reduce interpersonal stress."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="alliance",
    to_construct="interpersonal_stress",
    claims=("S35",),
    prior=Prior(
        mean=-0.05,
        sd=0.06,
        basis="No figure was found for any of the four. Small, and one prior for all four, apart from the sign.",
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.ATTACHMENT,
    about="A safe place to talk may reduce tension in the client's relationships.",
    exchangeable_with="alliance_to_mechanism",
)
