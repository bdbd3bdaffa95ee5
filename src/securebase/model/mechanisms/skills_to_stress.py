"""Interpersonal skills may reduce interpersonal stress."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="interpersonal_skills",
    to_construct="interpersonal_stress",
    claims=("S96",),
    prior=Prior(
        mean=-0.05,
        sd=0.06,
        basis=(
            "Predicted by the theory; no weekly figure was found. Small, and one prior for all effects between "
            "mechanisms, apart from the sign."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="Asking clearly and handling conflict well may reduce interpersonal stress in the following weeks.",
    calibration=("C25",),
    exchangeable_with="between_mechanisms",
)
