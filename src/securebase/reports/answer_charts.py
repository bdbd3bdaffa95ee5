"""Charts of the answers to a study's further questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from securebase.charts import outcome_bars, style
from securebase.charts.arms_forest import arms_forest
from securebase.charts.flow_diagram import flow_diagram
from securebase.charts.path_diagram import path_charts
from securebase.charts.render import svg
from securebase.charts.study_agreement import agreement_chart
from securebase.charts.study_factors import factors_chart
from securebase.charts.study_graphs import graphs_chart
from securebase.study.mediation.answer import ChangeMediation, LevelMediation, TrialMediation, WithinMediation
from securebase.study.phrases import number
from securebase.study.questions.agreement import AgreementAnswer
from securebase.study.questions.arms import ArmsAnswer
from securebase.study.questions.factors import FactorsAnswer
from securebase.study.questions.graphs import GraphsAnswer
from securebase.study.questions.outcome_panel import OutcomePanelAnswer
from securebase.study.questions.question import Answer

#: draws an answer with these labels in a width of pixels: (chart, caption) each
DrawAnswer = Callable[[Any, Mapping[str, str], int], list[tuple[Any, str]]]


def _draw_agreement(answer: AgreementAnswer, labels: Mapping[str, str], width: int) -> list[tuple[Any, str]]:
    caption = (
        "Truth force: points of the judgement per point of the other rating. Bias force: SDs of the judgement per SD "
        f"of {labels.get(answer.outcome, answer.outcome)}. Grey: roles reversed."
    )
    estimated = answer.one_scale and any(value for role in answer.roles for _, value in role.forces)
    return [(agreement_chart(answer, labels, width=width), caption)] if estimated else []


def _draw_arms(answer: ArmsAnswer, labels: Mapping[str, str], width: int) -> list[tuple[Any, str]]:
    band = f"Shaded: differences within {number(answer.margin)} SDs, the margin of equivalence. Bars: 95% intervals."
    flow = "Persons by arm. All persons with any rating are analysed."
    return [(arms_forest(answer, labels, width=width), band), (flow_diagram(answer.flow, width=width), flow)]


def _draw_factors(answer: FactorsAnswer, labels: Mapping[str, str], width: int) -> list[tuple[Any, str]]:
    caption = (
        "Relations with improvement; below them their differences, black where the interval excludes 0, otherwise grey."
    )
    return [(factors_chart(answer, labels, width=width), caption)] if answer.relations else []


def _draw_graphs(answer: GraphsAnswer, labels: Mapping[str, str], width: int) -> list[tuple[Any, str]]:
    caption = (
        "Each graph with the log predictive density of held-out occasions, minus that of the best predicting graph "
        "(simultaneous 95% intervals)."
    )
    return [(graphs_chart(answer, labels, width=width), caption)] if any(g.edges for g in answer.graphs) else []


#: class of an answer → its charts; answers of other classes have none
CHARTS: dict[type[Answer], DrawAnswer] = {
    WithinMediation: path_charts,
    ChangeMediation: path_charts,
    LevelMediation: path_charts,
    TrialMediation: path_charts,
    AgreementAnswer: _draw_agreement,
    ArmsAnswer: _draw_arms,
    OutcomePanelAnswer: outcome_bars.draw_answer,
    FactorsAnswer: _draw_factors,
    GraphsAnswer: _draw_graphs,
}


@dataclass(frozen=True, slots=True)
class AnswerPicture:
    """A chart for a page, and for a phone, where the first would be too small to read."""

    wide: Markup
    narrow: Markup
    caption: str


def answer_charts(answer: Answer, labels: Mapping[str, str]) -> list[AnswerPicture]:
    """Return the pictures of an answer."""
    draw = CHARTS.get(type(answer))
    if draw is None:
        return []
    wide = draw(answer, labels, style.FULL_WIDTH - 260)
    narrow = draw(answer, labels, style.PHONE_WIDTH + 20)
    pairs = zip(wide, narrow, strict=True)
    return [AnswerPicture(_svg(chart), _svg(small), caption) for (chart, caption), (small, _) in pairs]


def _svg(chart: Any) -> Markup:
    # safe: drawn by our own renderer from numbers and escaped words
    return Markup(svg(chart))  # noqa: S704
