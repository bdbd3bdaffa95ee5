"""IPT aims to build interpersonal skills."""

from securebase.model.mechanism import THERAPY, Grade, Lag, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct=THERAPY,
    to_construct="interpersonal_skills",
    claims=("S28", "S82", "S96"),
    prior=Prior(
        mean=0.5,
        sd=0.3,
        basis=(
            "Social functioning against control: .53 (Bian et al. 2023); interpersonal problems within arms: .74. "
            "Neither is one of the four mechanisms, so all four share one prior, apart from the sign."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="By the planned end, clients use more interpersonal skills than they would without therapy.",
    calibration=("C25",),
    exchangeable_with="therapy_to_mechanism",
    lag=Lag.COURSE,
)
