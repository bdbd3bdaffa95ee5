"""Options of `securebase study` that ask further questions: arms, outcomes, factors, raters, areas and graphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from securebase.cli.options import TableOptions, dictionary_scale, group_options
from securebase.study.mediation.question import Mediation, MediationKind
from securebase.study.questions.agreement import RatingAgreement
from securebase.study.questions.areas import Areas
from securebase.study.questions.arms import TreatmentArms
from securebase.study.questions.every_person import EveryPerson
from securebase.study.questions.factors import FactorComparison
from securebase.study.questions.gain import GainModeration
from securebase.study.questions.graphs import RivalGraphs
from securebase.study.questions.outcome_panel import OutcomePanel
from securebase.study.questions.question import Question
from securebase.study.verdicts.randomised import EQUIVALENT

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class QuestionOptions:
    """Values of the options that ask further questions."""

    mediator: tuple[str, ...]
    mediation_kind: str
    serial: bool
    agreement: tuple[str, str] | None
    every: bool
    gain: tuple[str, ...]
    area: tuple[str, ...]
    arm: str | None
    reference: str | None
    equivalent: float
    secondary: tuple[str, ...]
    planned: float | None
    randomised: bool
    effects: Path | None
    outcomes: bool
    instrument: str
    reliability: float | None
    cutoff: float | None
    higher_is: str | None
    factor: tuple[str, ...]
    graphs: bool


def add_question_options(command: Command) -> Command:
    """Add the options. The command receives them as one QuestionOptions after those of the table."""
    options = [
        click.option(
            "--mediator",
            metavar="COL",
            multiple=True,
            help="Column through which the processes, or the arm, may act on the outcome; repeatable.",
        ),
        click.option(
            "--mediation",
            "mediation_kind",
            type=click.Choice([kind.value for kind in MediationKind if kind is not MediationKind.TRIAL]),
            default=MediationKind.WITHIN.value,
            show_default=True,
            help="Mediation within persons over successive occasions, of change between persons, or of levels between "
            "persons. With --arm: of the treatment effect.",
        ),
        click.option(
            "--serial", is_flag=True, help="With --mediator: the mediators form one chain, in the order given."
        ),
        click.option(
            "--agreement",
            metavar="COL COL",
            nargs=2,
            help="Test how far one rating follows another on the same scale, and whether agreement precedes a better "
            "outcome.",
        ),
        click.option("--every", is_flag=True, help="Test whether outcome and process are associated in every person."),
        click.option(
            "--gain",
            metavar="COL",
            multiple=True,
            help="Test whether persons who begin with a higher COL improve more; repeatable.",
        ),
        click.option(
            "--area",
            metavar="COL",
            multiple=True,
            help="Compare improvement between problem areas; COL is 1 for persons with the area, else 0. Repeatable.",
        ),
        click.option(
            "--arm",
            metavar="COL",
            help="Column of the treatment arm: compare arms at the planned end, for difference and equivalence.",
        ),
        click.option(
            "--reference",
            metavar="ARM",
            help="Arm with which the others are compared. [default: the first by alphabet]",
        ),
        click.option(
            "--equivalent",
            type=click.FloatRange(0, min_open=True),
            default=EQUIVALENT,
            show_default=True,
            help="With --arm: margin of equivalence, in SDs.",
        ),
        click.option(
            "--secondary", metavar="COL", multiple=True, help="With --arm: column of a secondary outcome; repeatable."
        ),
        click.option(
            "--planned",
            metavar="N",
            type=float,
            help="Planned end of treatment, in units of the time column. [default: when most courses end]",
        ),
        click.option("--randomised", is_flag=True, help="With --arm: persons were randomly assigned to the arms."),
        click.option(
            "--effects",
            type=click.Path(dir_okay=False, path_type=Path),
            help="With --arm: write the effect sizes to this CSV file, for securebase meta.",
        ),
        click.option(
            "--outcomes",
            is_flag=True,
            help="Report response, remission, reliable and clinically "
            "significant change, deterioration and sudden gains (included with --arm).",
        ),
        click.option(
            "--instrument",
            metavar="ID[:SCALE]",
            default="",
            help="With --outcomes: instrument of the outcome. [default: from the data dictionary or the column's name]",
        ),
        click.option(
            "--reliability",
            type=float,
            help="With --outcomes: reliability of the outcome, which gives reliable change (Jacobson and Truax).",
        ),
        click.option(
            "--cutoff", type=float, help="With --outcomes: cut-off between the healthy and the clinical range."
        ),
        click.option(
            "--higher-is",
            type=click.Choice(["worse", "better"]),
            help="With --outcomes: meaning of a higher outcome, if no instrument says it.",
        ),
        click.option(
            "--factor",
            metavar="COL",
            multiple=True,
            help="Compare common factors: how COL relates to improvement, "
            "and whether relations differ. Name two or more.",
        ),
        click.option(
            "--graphs",
            is_flag=True,
            help="Compare rival graphs of processes and outcome by their prediction of held-out ratings.",
        ),
    ]
    return group_options(command, options, QuestionOptions)


def build_questions(asked: QuestionOptions, table: TableOptions) -> list[Question]:
    """Return the questions that the options ask, or raise a usage error where options contradict each other."""
    _check(asked, table)
    return [
        *_arms(asked, table),
        *_mediation(asked, table),
        *([RatingAgreement(*asked.agreement)] if asked.agreement else []),
        *(EveryPerson(name) for name in table.process if asked.every),
        *map(GainModeration, asked.gain),
        *([Areas(asked.area)] if asked.area else []),
        *([FactorComparison(asked.factor)] if asked.factor else []),
        *([RivalGraphs()] if asked.graphs else []),
    ]


def _arms(asked: QuestionOptions, table: TableOptions) -> list[Question]:
    """Return the comparison of arms, and the outcomes of all persons or of each arm."""
    scale = asked.instrument or dictionary_scale(table)
    thresholds = (asked.reliability, asked.cutoff, asked.higher_is or "")
    panel = OutcomePanel(scale, *thresholds, planned=asked.planned, reference=asked.reference)
    arms = TreatmentArms(asked.equivalent, asked.secondary, asked.planned, asked.reference, asked.randomised)
    return [*([arms] if asked.arm else []), *([panel] if asked.outcomes or asked.arm else [])]


def _mediation(asked: QuestionOptions, table: TableOptions) -> list[Question]:
    """Return the questions about mediators: of the arm if there is one, else of every process that is no mediator."""
    if not asked.mediator:
        if asked.serial:
            raise click.UsageError("--serial needs --mediator.")
        return []
    if asked.arm is not None:
        if asked.arm in asked.mediator:
            raise click.UsageError(f"the mediator “{asked.arm}” is the arm. Name another column.")
        return [Mediation("", asked.mediator, MediationKind.TRIAL, asked.serial, asked.reference or "")]
    causes = [name for name in table.process if name not in asked.mediator]
    if not causes:
        raise click.UsageError("every process is a mediator. Add --process COL for the cause, or --arm COL.")
    return [Mediation(name, asked.mediator, MediationKind(asked.mediation_kind), asked.serial) for name in causes]


def _check(asked: QuestionOptions, table: TableOptions) -> None:
    """Raise a usage error for options that need another one."""
    if table.outcome in asked.secondary:
        raise click.UsageError(f"--secondary {table.outcome} is the outcome. Name other columns.")
    needs_arm = (asked.reference, asked.secondary, asked.randomised, asked.effects)
    if asked.arm is None and any(needs_arm):
        raise click.UsageError("--reference, --secondary, --randomised and --effects need --arm.")
    if asked.arm is None and not asked.outcomes and asked.planned is not None:
        raise click.UsageError("--planned needs --arm or --outcomes.")
    needs_outcomes = (asked.instrument, asked.higher_is, asked.reliability is not None, asked.cutoff is not None)
    if not asked.outcomes and asked.arm is None and any(needs_outcomes):
        raise click.UsageError("--instrument, --reliability, --cutoff and --higher-is need --outcomes or --arm.")
