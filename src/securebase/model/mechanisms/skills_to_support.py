"""Interpersonal skills may bring more support."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="interpersonal_skills",
    to_construct="social_support",
    claims=("S78", "S96"),
    prior=Prior(
        mean=0.05,
        sd=0.06,
        basis=(
            "Predicted by the theory; no weekly figure was found. Small, and one prior for all effects between "
            "mechanisms, apart from the sign."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="Clear requests may be met more often.",
    calibration=("C25",),
    exchangeable_with="between_mechanisms",
)
