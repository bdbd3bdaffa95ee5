"""Strain with others may cost support."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="interpersonal_stress",
    to_construct="social_support",
    claims=("S64", "S65", "S87", "S88"),
    prior=Prior(
        mean=-0.05,
        sd=0.06,
        basis=(
            "Expected by the theory; no weekly figure was found. Small, and one prior for all links between "
            "mechanisms but for the sign."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.SOCIAL,
    about="A week of more strain than usual may be followed by less support. Whether every dispute does so is open.",
    calibration=("C22",),
    exchangeable_with="between_mechanisms",
)
