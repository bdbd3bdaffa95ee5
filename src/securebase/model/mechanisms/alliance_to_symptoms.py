"""A rise in the alliance tends to precede a fall in symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="alliance",
    to_construct="symptoms",
    claims=("S1", "S17", "S23", "S24"),
    prior=Prior(
        mean=-0.1,
        sd=0.07,
        basis=(
            "Large samples, not detrended: -.16 to -.21 (Falkenström et al., 345 clients). Detrended, close to zero "
            "in a trial of cognitive therapy. The mean lies between."
        ),
    ),
    grade=Grade.VERIFIED,
    pillar=Pillar.COMMON_FACTORS,
    about="After a session with a better alliance than usual for this client, symptoms tend to be lower a week later.",
    calibration=("C5", "C6", "C8", "C9"),
)
