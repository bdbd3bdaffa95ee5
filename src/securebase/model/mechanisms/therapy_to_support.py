"""IPT aims to increase support."""

from securebase.model.mechanism import THERAPY, Grade, Lag, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct=THERAPY,
    to_construct="social_support",
    claims=("S27", "S82", "S83", "S86"),
    prior=Prior(
        mean=0.5,
        sd=0.3,
        basis=(
            "Social functioning against control: .53 (Bian et al. 2023); interpersonal problems within arms: .74. "
            "Neither is one of the four mechanisms, so all four share one prior, apart from the sign. For support "
            "alone, trials found a smaller effect: .38 [.29, .48] (Park et al. 2014)."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.SOCIAL,
    about="By the planned end, clients perceive and use more support than they would without therapy.",
    calibration=("C22", "C25"),
    exchangeable_with="therapy_to_mechanism",
    lag=Lag.COURSE,
)
