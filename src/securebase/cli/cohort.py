"""`securebase cohort`: the table of a clinic, one row per session, with its data dictionary."""

from __future__ import annotations

from pathlib import Path

import click

from securebase.cli.output import print_sentences, write_bytes, write_json, write_text
from securebase.cli.serve import configure, ready
from securebase.errors import InputError
from securebase.exchange.data_dictionary import DataDictionary, dictionary_path, format_dictionary
from securebase.exchange.grid import pluralise


@click.command("cohort")
@click.option(
    "--data-dir",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory of the clinic.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV file to write; its data dictionary gets the same name ending in .json.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Print the data dictionary as JSON.")
def command(*, data_dir: Path, out: Path, json_wanted: bool) -> None:
    """Write the table of a clinic: clients who consent to research, one row per session, under pseudonyms.

    `securebase study`, `fit`, `track` and `parameters adopt` take person, time and when each column was measured from
    its data dictionary.
    """
    if dictionary_path(out) == out:
        raise click.UsageError(
            "--out must not end in .json: the data dictionary gets that name. Choose a name ending in .csv."
        )
    if not (data_dir / "securebase.db").exists():
        raise InputError("the directory holds no clinic", where=str(data_dir), advice="Choose another --data-dir.")
    configure(host="127.0.0.1", data_dir=data_dir)
    ready()

    from django.utils import timezone

    from securebase.workbench.accounts.models import Clinic
    from securebase.workbench.exports.clinic_table import consents, left_out, make_clinic_table

    clinic = Clinic.objects.first()
    if clinic is None:
        raise InputError(
            "the clinic is empty",
            where=str(data_dir),
            advice=f"Create the first account with: securebase serve --data-dir {data_dir}",
        )
    now = timezone.now()
    clients = consents(clinic, now)
    table = make_clinic_table(clinic=clinic, clients=clients, by=None, at=now)
    write_bytes(table.csv, out)
    write_text(format_dictionary(table.dictionary), dictionary_path(out))
    if json_wanted:
        write_json(table.dictionary, None)
        return
    print_sentences(_describe(table.dictionary, out))
    print_sentences([f"Left out: {count} ({reason.lower()})." for reason, count in left_out(clients).items()])


def _describe(dictionary: DataDictionary, out: Path) -> list[str]:
    omitted = len(dictionary.omitted)
    consent = "consents" if dictionary.clients == 1 else "consent"
    lines = [
        f"Wrote {out} and {dictionary_path(out)}.",
        f"The table has {pluralise(dictionary.clients, 'client')} who {consent} to research, "
        f"{pluralise(dictionary.rows, 'row')} and {pluralise(len(dictionary.columns), 'column')}.",
    ]
    if omitted:
        lines.append(
            f"Columns left out because fewer than {dictionary.smallest_cell} clients have a value other than 0: "
            f"{omitted:,}."
        )
    return lines
