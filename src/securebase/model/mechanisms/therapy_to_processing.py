"""IPT aims to help feelings to be recognised and voiced."""

from securebase.model.mechanism import THERAPY, Grade, Lag, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct=THERAPY,
    to_construct="emotional_processing",
    claims=("S82", "S93"),
    prior=Prior(
        mean=0.5,
        sd=0.3,
        basis=(
            "Social functioning against control: .53 (Bian et al. 2023); interpersonal problems within arms: .74. "
            "Neither is one of the four, so one prior for all but for the sign."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="By the planned end more is felt, named and voiced than would be without therapy.",
    calibration=("C24",),
    exchangeable_with="therapy_to_mechanism",
    lag=Lag.COURSE,
)
