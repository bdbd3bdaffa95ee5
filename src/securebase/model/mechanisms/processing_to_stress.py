"""Emotional work may lower strain with others."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="emotional_processing",
    to_construct="interpersonal_stress",
    claims=("S91", "S94"),
    prior=Prior(
        mean=-0.05,
        sd=0.06,
        basis=(
            "Expected by the theory; no weekly figure was found. Small, and one prior for all links between "
            "mechanisms but for the sign."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="Feelings that are worked through may fuel fewer quarrels.",
    exchangeable_with="between_mechanisms",
)
