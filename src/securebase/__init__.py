"""Securebase: interpersonal psychotherapy and the therapeutic relationship, measured and modelled.

The names in `_PUBLIC_NAMES` are the stable public interface; everything else may change. Names are imported on first
access, so that `import securebase` and the help of the command line start fast. `__init__.pyi` repeats them for type
checkers (a test compares the two).
"""

from importlib import import_module

__version__ = "0.1.0"

#: public name → (module, name in the module)
_PUBLIC_NAMES = {
    # records and files
    "EpisodeRecord": ("securebase.records.episode", "EpisodeRecord"),
    "AdministrationRecord": ("securebase.records.episode", "AdministrationRecord"),
    "ScoreRecord": ("securebase.records.episode", "ScoreRecord"),
    "TherapySessionRecord": ("securebase.records.episode", "TherapySessionRecord"),
    "RuptureRecord": ("securebase.records.episode", "RuptureRecord"),
    "InputRecord": ("securebase.records.episode", "InputRecord"),
    "Cohort": ("securebase.records.cohort", "Cohort"),
    "read_cohort": ("securebase.exchange.csv_tables", "read_cohort"),
    "write_cohort": ("securebase.exchange.csv_writing", "write_cohort"),
    "read_record": ("securebase.exchange.record_json", "read_record"),
    # instruments and scoring
    "Instrument": ("securebase.measurement.instrument", "Instrument"),
    "instrument": ("securebase.measurement.catalogue", "instrument"),
    "score": ("securebase.measurement.scoring", "score"),
    "ScoringResult": ("securebase.measurement.scoring", "ScoringResult"),
    # model
    "Specification": ("securebase.model.specification", "Specification"),
    "Parameters": ("securebase.model.parameters", "Parameters"),
    "parameter_set": ("securebase.model.parameter_set", "parameter_set"),
    "panel": ("securebase.model.observations", "panel"),
    "track": ("securebase.model.track", "track"),
    # simulation from a known truth
    "simulate": ("securebase.model.simulate", "simulate"),
    "simulate_with_truth": ("securebase.model.simulate", "simulate_with_truth"),
    "simulate_table": ("securebase.model.simulate", "simulate_table"),
    "SimulatedTable": ("securebase.model.simulate", "SimulatedTable"),
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
    # distress over retellings of stories
    "fit_retellings": ("securebase.model.retellings", "fit_retellings"),
    "RetellingRow": ("securebase.model.retellings", "RetellingRow"),
    "RetellingFit": ("securebase.model.retellings", "RetellingFit"),
    # pictures and studies (`study_cohort`, because `securebase.study` is a package)
    "client_picture": ("securebase.picture.client", "client_picture"),
    "ClientPicture": ("securebase.picture.client", "ClientPicture"),
    "study_cohort": ("securebase.study.study", "study"),
    "StudyResult": ("securebase.study.result", "StudyResult"),
    "specification_for": ("securebase.study.models", "specification_for"),
    # power analysis
    "PowerPlan": ("securebase.study.power.plan", "PowerPlan"),
    "power": ("securebase.study.power.power", "power"),
    "PowerResult": ("securebase.study.power.result", "PowerResult"),
    # reports (their first access imports the chart and template libraries)
    "study_report": ("securebase.reports.study_report", "study_report"),
    "power_report": ("securebase.reports.power_report", "power_report"),
    "client_report": ("securebase.reports.client_report", "client_report"),
    # errors
    "SecurebaseError": ("securebase.errors", "SecurebaseError"),
    "InputError": ("securebase.errors", "InputError"),
    "TableError": ("securebase.errors", "TableError"),
    "InstrumentError": ("securebase.errors", "InstrumentError"),
    "ResponseError": ("securebase.errors", "ResponseError"),
    "ModelError": ("securebase.errors", "ModelError"),
    "ParameterSetError": ("securebase.errors", "ParameterSetError"),
}

__all__ = ["__version__", *_PUBLIC_NAMES]  # noqa: PLE0604 (all names are texts)


def __getattr__(name: str) -> object:
    if name not in _PUBLIC_NAMES:
        raise AttributeError(
            f"module 'securebase' has no attribute '{name}'; its public names are {', '.join(_PUBLIC_NAMES)}"
        )
    module, attribute = _PUBLIC_NAMES[name]
    value: object = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC_NAMES})
