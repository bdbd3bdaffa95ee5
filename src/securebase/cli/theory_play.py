"""`securebase theory --play`: simulated courses under chosen conditions, beside the ordinary course."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import click
from click.core import ParameterSource

from securebase.cli.options import Command, group_options
from securebase.cli.output import check_graph_file, print_sentences, print_table, write_json, write_text
from securebase.model.simulate.play import Play, PlayChoice, PlayedCourses, Stressor, TechniqueUse, Warmth, play
from securebase.model.theory import label_of
from securebase.model.web.plan import STYLES
from securebase.picture import play_phrases as words
from securebase.picture.phrases import signed_number
from securebase.reports.play_page import play_page, play_svg

#: options of the edges, which `--play` does not read
_OTHERS = ("claim", "pillar", "mechanism", "location", "by", "table")


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """Values of the options for `--play`."""

    play: bool
    style: str | None
    stressor: str
    at: int
    warmth: str
    technique: str
    off: tuple[str, ...]

    def choice(self) -> PlayChoice:
        """Return the choice. Raises ModelError for an unknown edge or session."""
        conditions = (Stressor(self.stressor), self.at, Warmth(self.warmth), TechniqueUse(self.technique), self.off)
        return PlayChoice(self.style or "", *conditions)


def add_play_options(command: Command) -> Command:
    """Add the options for `--play`. The command receives them as one PlayOptions."""
    options = [
        click.option(
            "--play",
            is_flag=True,
            help="Simulate clients under chosen conditions and compare them with the ordinary course.",
        ),
        click.option(
            "--style",
            type=click.Choice(tuple(STYLES)),
            help="With --play: attachment style of all clients. [default: mixed]",
        ),
        click.option(
            "--stressor",
            type=click.Choice([s.value for s in Stressor]),
            default=Stressor.NONE.value,
            show_default=True,
            help="With --play: life event that every client meets before a session.",
        ),
        click.option(
            "--at",
            type=int,
            default=5,
            show_default=True,
            metavar="SESSION",
            help="With --stressor: the session that follows the event.",
        ),
        click.option(
            "--warmth",
            type=click.Choice([w.value for w in Warmth]),
            default=Warmth.ORDINARY.value,
            show_default=True,
            help="With --play: how warm the therapist is.",
        ),
        click.option(
            "--technique",
            type=click.Choice([t.value for t in TechniqueUse]),
            default=TechniqueUse.ORDINARY.value,
            show_default=True,
            help="With --play: how much the therapist uses techniques and works with emotions.",
        ),
        click.option(
            "--off", metavar="EDGE", multiple=True, help="With --play: switch off the edge with this id; repeatable."
        ),
    ]
    return group_options(command, options, PlayOptions)


def check_play_options(options: PlayOptions) -> bool:
    """Return whether to play. Raises a usage error for options that do not go with it, or need it."""
    given = _given()
    if not options.play:
        if needy := [f.name for f in fields(PlayOptions) if f.name in given]:
            raise click.UsageError(f"--{needy[0]} needs --play.")
        return False
    if wrong := [name for name in _OTHERS if name in given]:
        raise click.UsageError(f"--{'data' if wrong[0] == 'table' else wrong[0]} does not go with --play.")
    if "at" in given and options.stressor == Stressor.NONE:
        raise click.UsageError("--at needs --stressor.")
    return True


def _given() -> set[str]:
    """Return the names of the options given on the command line."""
    context = click.get_current_context()
    return {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}


def play_and_print(choice: PlayChoice, graph: Path | None, json_out: str | None) -> None:
    """Simulate the courses and print, write or draw them."""
    if graph is not None:
        check_graph_file(graph)
    courses = play(choice)
    if graph is not None:
        write_text((play_svg if graph.suffix == ".svg" else play_page)(courses), graph)
        click.echo(f"Wrote {graph}.", err=True)
    if json_out is not None:
        write_json(_describe(courses), None if json_out == "-" else Path(json_out))
    elif graph is None:
        _print(courses)


def _print(courses: Play) -> None:
    last = courses.sessions
    middle = last // 2 if courses.choice.stressor is Stressor.NONE else courses.choice.at
    shown_sessions = sorted({1, middle, last})
    print_sentences([words.MARK, f"{words.choice_words(courses.choice, courses.n)}. {words.UNITS}"], indent="")
    click.echo()
    head = ("", *(f"session {s}" for s in shown_sessions), "80% of clients", "ordinary", "difference")
    rows = []
    for name in words.SHOWN:
        k, difference = courses.index(name), float(courses.difference(name)[-1])
        means = [signed_number(float(courses.chosen.mean[s - 1, k])) for s in shown_sessions]
        ordinary = signed_number(float(courses.ordinary.mean[-1, k]))
        band = words.limits(courses.chosen, k, -1).replace(" and ", " to ")
        rows.append((label_of(name), *means, band, ordinary, signed_number(difference, 2)))
    # the ordinary course has nothing to be compared with
    shown = len(head) - 2 * courses.choice.is_ordinary
    print_table(head[:shown], [row[:shown] for row in rows])
    click.echo()
    print_sentences([f"{label_of(name)}. {words.difference_sentence(courses, name)}" for name in words.SHOWN])
    click.echo()
    print_sentences([words.closing(courses.choice)], indent="")


def _describe(courses: Play) -> object:
    def columns(played: PlayedCourses) -> dict[str, dict[str, list[float]]]:
        arrays = {"mean": played.mean, "lower": played.lower, "upper": played.upper}
        return {
            name: {key: array[:, k].tolist() for key, array in arrays.items()}
            for k, name in enumerate(courses.constructs)
        }

    return {
        "mark": words.MARK,
        "units": words.UNITS,
        "closing": words.closing(courses.choice),
        "choice": courses.choice,
        "simulated_clients": courses.n,
        "sessions": list(range(1, courses.sessions + 1)),
        "chosen": columns(courses.chosen),
        "ordinary": columns(courses.ordinary),
        "sentences": {name: words.difference_sentence(courses, name) for name in words.SHOWN},
    }
