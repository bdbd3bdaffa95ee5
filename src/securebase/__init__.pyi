from securebase.errors import InputError as InputError
from securebase.errors import InstrumentError as InstrumentError
from securebase.errors import ModelError as ModelError
from securebase.errors import ParameterSetError as ParameterSetError
from securebase.errors import ResponseError as ResponseError
from securebase.errors import SecurebaseError as SecurebaseError
from securebase.errors import TableError as TableError
from securebase.exchange.csv_tables import read_cohort as read_cohort
from securebase.exchange.csv_writing import write_cohort as write_cohort
from securebase.exchange.record_json import read_record as read_record
from securebase.measurement.catalogue import instrument as instrument
from securebase.measurement.instrument import Instrument as Instrument
from securebase.measurement.scoring import ScoringResult as ScoringResult
from securebase.measurement.scoring import score as score
from securebase.model.discrete_time import DiscreteTimeFit as DiscreteTimeFit
from securebase.model.discrete_time import DiscreteTimeSpecification as DiscreteTimeSpecification
from securebase.model.discrete_time import discrete_time_specification as discrete_time_specification
from securebase.model.discrete_time import fit_discrete_time as fit_discrete_time
from securebase.model.fit import Fit as Fit
from securebase.model.fit import ShrinkagePrior as ShrinkagePrior
from securebase.model.fit import fit as fit
from securebase.model.fit import prior_from_set as prior_from_set
from securebase.model.observations import panel as panel
from securebase.model.parameter_set import parameter_set as parameter_set
from securebase.model.parameters import Parameters as Parameters
from securebase.model.person_effects import CohortEffects as CohortEffects
from securebase.model.person_effects import Contributions as Contributions
from securebase.model.person_effects import PersonEffects as PersonEffects
from securebase.model.person_effects import contributions as contributions
from securebase.model.person_effects import estimate_person_effects as estimate_person_effects
from securebase.model.person_effects import fit_person_effects as fit_person_effects
from securebase.model.retellings import RetellingFit as RetellingFit
from securebase.model.retellings import RetellingRow as RetellingRow
from securebase.model.retellings import fit_retellings as fit_retellings
from securebase.model.simulate import Shock as Shock
from securebase.model.simulate import SimulatedTable as SimulatedTable
from securebase.model.simulate import Truth as Truth
from securebase.model.simulate import simulate as simulate
from securebase.model.simulate import simulate_table as simulate_table
from securebase.model.simulate import simulate_with_truth as simulate_with_truth
from securebase.model.specification import Specification as Specification
from securebase.model.track import track as track
from securebase.picture.client import ClientPicture as ClientPicture
from securebase.picture.client import client_picture as client_picture
from securebase.records.cohort import Cohort as Cohort
from securebase.records.episode import AdministrationRecord as AdministrationRecord
from securebase.records.episode import EpisodeRecord as EpisodeRecord
from securebase.records.episode import InputRecord as InputRecord
from securebase.records.episode import RuptureRecord as RuptureRecord
from securebase.records.episode import ScoreRecord as ScoreRecord
from securebase.records.episode import TherapySessionRecord as TherapySessionRecord
from securebase.reports.client_report import client_report as client_report
from securebase.reports.power_report import power_report as power_report
from securebase.reports.study_report import study_report as study_report
from securebase.study.models import specification_for as specification_for
from securebase.study.power.plan import PowerPlan as PowerPlan
from securebase.study.power.power import power as power
from securebase.study.power.result import PowerResult as PowerResult
from securebase.study.result import StudyResult as StudyResult
from securebase.study.study import study as study_cohort

__all__ = [
    "AdministrationRecord",
    "ClientPicture",
    "Cohort",
    "CohortEffects",
    "Contributions",
    "DiscreteTimeFit",
    "DiscreteTimeSpecification",
    "EpisodeRecord",
    "Fit",
    "InputError",
    "InputRecord",
    "Instrument",
    "InstrumentError",
    "ModelError",
    "ParameterSetError",
    "Parameters",
    "PersonEffects",
    "PowerPlan",
    "PowerResult",
    "ResponseError",
    "RetellingFit",
    "RetellingRow",
    "RuptureRecord",
    "ScoreRecord",
    "ScoringResult",
    "SecurebaseError",
    "Shock",
    "ShrinkagePrior",
    "SimulatedTable",
    "Specification",
    "StudyResult",
    "TableError",
    "TherapySessionRecord",
    "Truth",
    "__version__",
    "client_picture",
    "client_report",
    "contributions",
    "discrete_time_specification",
    "estimate_person_effects",
    "fit",
    "fit_discrete_time",
    "fit_person_effects",
    "fit_retellings",
    "instrument",
    "panel",
    "parameter_set",
    "power",
    "power_report",
    "prior_from_set",
    "read_cohort",
    "read_record",
    "score",
    "simulate",
    "simulate_table",
    "simulate_with_truth",
    "specification_for",
    "study_cohort",
    "study_report",
    "track",
    "write_cohort",
]

__version__: str
