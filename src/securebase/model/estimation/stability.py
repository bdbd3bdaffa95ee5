"""Stability of a fitted model in words: an unstable one is said first, before any estimate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array


def instability_of_drift(drift: Array, time_unit: str) -> str:
    """Return a sentence if an eigenvalue of a drift (p, p) has no negative real part; empty for a stable one."""
    eigenvalues = np.linalg.eigvals(drift).astype(complex)
    if eigenvalues.real.max() < 0:
        return ""
    return _sentence(
        f"Unstable drift: its eigenvalues are {_format(eigenvalues)} per {time_unit}, and not all have a negative real "
        "part.",
        "Use a stationary start, which allows stable drifts only, or a trend that can carry the growth.",
    )


def instability_of_lags(lags: Array) -> str:
    """Return a sentence if lags (p, p) equal over waves have an eigenvalue of size 1 or more; empty for stable ones."""
    eigenvalues = np.linalg.eigvals(lags).astype(complex)
    if np.abs(eigenvalues).max() < 1:
        return ""
    return _sentence(
        f"Unstable lags: their eigenvalues are {_format(eigenvalues)}, and not all are below 1 in size.",
        "Let the lags differ between waves, or fit fewer waves.",
    )


def _sentence(finding: str, advice: str) -> str:
    return (
        f"{finding} Deviations from the long-run mean grow instead of fading, so the estimates describe the observed "
        f"span only: there is no stationary variance, no long-run effect and no forecast. {advice}"
    )


def _format(eigenvalues: NDArray[np.complex128]) -> str:
    """Return eigenvalues from the largest real part down, a conjugate pair once: 0.10 ± 0.40i and −0.30."""
    ordered = sorted((v for v in eigenvalues if v.imag >= 0), key=lambda v: -v.real)
    texts = [
        f"{v.real:.2f}".replace("-", "−") + (f" ± {v.imag:.2f}i" if round(float(v.imag), 2) else "") for v in ordered
    ]
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))
