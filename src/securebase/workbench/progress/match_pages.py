"""The page that asks whether the hypotheses of a client page matched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.formats import date_format

from securebase.measurement.constructs import construct
from securebase.picture.hypothesis_phrases import joint_label, leading, question
from securebase.picture.parts import Hypotheses
from securebase.records.vocabulary import Match, Respondent
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Episode
from securebase.workbench.progress.matches import is_process, process_key, record_matches
from securebase.workbench.progress.queries import current_picture
from securebase.workbench.ui.conflict import form_status, refusal_on

#: Heading of the column of answers of each respondent.
COLUMNS = {Respondent.THERAPIST: "You", Respondent.CLIENT: "The client"}
_CHOICES = [("", "–"), *((match.value, match.label) for match in Match)]


class MatchForm(forms.Form):
    """One answer for each process shown and each respondent; empty if nobody answered."""

    leading = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, shown: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = {key: joint_label([construct(c).label for c in key.split("+")]) for key in shown}
        for key, label in self.shown.items():
            for respondent, column in COLUMNS.items():
                field = forms.ChoiceField(label=f"{label}: {column}", choices=_CHOICES, required=False)
                self.fields[f"{respondent}-{key}"] = field

    @property
    def rows(self) -> list[tuple[str, str, list[tuple[str, Any]]]]:
        """Return key and label of each process, with its column headings and fields."""
        return [
            (key, label, [(column, self[f"{respondent}-{key}"]) for respondent, column in COLUMNS.items()])
            for key, label in self.shown.items()
        ]

    def answers(self, respondent: Respondent) -> dict[str, Match]:
        """Return the answers given. Only for a validated form."""
        values = {key: self.cleaned_data[f"{respondent}-{key}"] for key in self.shown}
        return {key: Match(value) for key, value in values.items() if value}


def describe_answers(episode: Episode) -> str:
    """Return when each respondent answered, as in “You: 3 March 2026. The client: 4 March 2026”."""
    rows = {Respondent(row.respondent): row for row in episode.hypothesis_answers.all() if row.answers}
    return " ".join(
        f"{column}: {date_format(timezone.localtime(rows[respondent].at), 'j F Y')}."
        for respondent, column in COLUMNS.items()
        if respondent in rows
    )


@client_page("GET", "POST", tab="picture")
def matches(page: ClientPage) -> HttpResponse:
    """Ask whether each process that the client page shows matched, and save the answers."""
    episode, sent = page.require_episode(), page.request.POST
    part = current_picture(episode=episode, as_of=page.now).hypotheses
    if part is None:
        messages.info(page.request, "The client page does not show any process yet.")
        return page.redirect("client")
    form = MatchForm(sent or None, shown=_shown(part, sent), initial=_initial(part, episode))
    if form.is_valid():
        with refusal_on(form):
            for respondent in COLUMNS:
                record_matches(
                    episode=episode,
                    by=page.account,
                    respondent=respondent,
                    leading=form.cleaned_data["leading"],
                    answers=form.answers(respondent),
                    at=page.now,
                )
            messages.success(page.request, "Answers saved.")
            return page.redirect("client")
    context = {"form": form, "columns": COLUMNS.values(), "question": question(part)}
    return page.render("progress/matches.html", context, status=form_status(form))


def _shown(part: Hypotheses, sent: QueryDict) -> list[str]:
    """Return the processes of the form: those shown when it was opened, even if the picture has changed since."""
    shown = [key for key in sent.getlist("shown") if is_process(key)]
    return shown or [process_key(hypothesis.constructs) for hypothesis in part.rows]


def _initial(part: Hypotheses, episode: Episode) -> dict[str, str]:
    rows = episode.hypothesis_answers.all()
    answers = {f"{row.respondent}-{key}": answer for row in rows for key, answer in row.answers.items()}
    return {"leading": process_key(leading(part).constructs), **answers}
