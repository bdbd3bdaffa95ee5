"""Securebase: interpersonal psychotherapy and the therapeutic relationship, measured and modelled.

The public door: what is listed in `_DOOR` is kept stable, everything else may move. A name is loaded when it is first
asked for, so that `import securebase` and the command line's help start at once. `__init__.pyi` says the same to type
checkers (a test holds the two together).
"""

from importlib import import_module

__version__ = "0.1.0"

#: public name → the module it lives in, and its name there
_DOOR = {
    # what a course of therapy is
    "EpisodeRecord": ("securebase.records.episode", "EpisodeRecord"),
    "Cohort": ("securebase.records.cohort", "Cohort"),
    "read_cohort": ("securebase.exchange.csv_tables", "read_cohort"),
    "write_cohort": ("securebase.exchange.csv_writing", "write_cohort"),
    "read_record": ("securebase.exchange.record_json", "read_record"),
    # what is measured
    "Instrument": ("securebase.measurement.instrument", "Instrument"),
    "instrument": ("securebase.measurement.catalogue", "instrument"),
    "score": ("securebase.measurement.scoring", "score"),
    # the model
    "Specification": ("securebase.model.parameters", "Specification"),
    "Parameters": ("securebase.model.parameters", "Parameters"),
    "parameter_set": ("securebase.model.parameter_set", "parameter_set"),
    "panel": ("securebase.model.observations", "panel"),
    "track": ("securebase.model.track", "track"),
    # simulation from a known truth
    "simulate": ("securebase.model.simulate", "simulate"),
    "simulate_with_truth": ("securebase.model.simulate", "simulate_with_truth"),
    "Shock": ("securebase.model.simulate", "Shock"),
    "Truth": ("securebase.model.simulate", "Truth"),
    # maximum likelihood in continuous time
    "fit": ("securebase.model.fit", "fit"),
    "Fit": ("securebase.model.fit", "Fit"),
    "ShrinkagePrior": ("securebase.model.fit", "ShrinkagePrior"),
    "prior_from_set": ("securebase.model.fit", "prior_from_set"),
    # discrete-time panel models (RI-CLPM, CLPM, VAR)
    "discrete_time_specification": ("securebase.model.discrete_time", "discrete_time_specification"),
    "DiscreteTimeSpecification": ("securebase.model.discrete_time", "DiscreteTimeSpecification"),
    "fit_discrete_time": ("securebase.model.discrete_time", "fit_discrete_time"),
    "DiscreteTimeFit": ("securebase.model.discrete_time", "DiscreteTimeFit"),
    # person-specific lagged effects
    "estimate_person_effects": ("securebase.model.person_effects", "estimate_person_effects"),
    "PersonEffects": ("securebase.model.person_effects", "PersonEffects"),
    "fit_person_effects": ("securebase.model.person_effects", "fit_person_effects"),
    "CohortEffects": ("securebase.model.person_effects", "CohortEffects"),
    "contributions": ("securebase.model.person_effects", "contributions"),
    "Contributions": ("securebase.model.person_effects", "Contributions"),
    # what may be said (`securebase.study` is the room, so its verb has a longer name here)
    "client_picture": ("securebase.picture.client", "client_picture"),
    "study_cohort": ("securebase.study.study", "study"),
    "specification_for": ("securebase.study.models", "specification_for"),
    # what a study that is planned can find
    "PowerPlan": ("securebase.study.power.plan", "PowerPlan"),
    "power": ("securebase.study.power.power", "power"),
    # what may be handed over (loads the libraries of charts and pages when it is first asked for)
    "study_report": ("securebase.reports.study_report", "study_report"),
    "power_report": ("securebase.reports.power_report", "power_report"),
    "client_report": ("securebase.reports.client_report", "client_report"),
    "SecurebaseError": ("securebase.errors", "SecurebaseError"),
}

__all__ = ["__version__", *_DOOR]  # noqa: PLE0604 (the names are texts)


def __getattr__(name: str) -> object:
    if name not in _DOOR:
        raise AttributeError(f"module 'securebase' has no attribute '{name}'; its public names are {', '.join(_DOOR)}")
    module, there = _DOOR[name]
    value: object = getattr(import_module(module), there)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_DOOR})
