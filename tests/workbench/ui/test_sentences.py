"""Sentences that pages share."""

from __future__ import annotations

from django import forms

from securebase.workbench.ui.sentences import count, describe_errors, join_words


class NameForm(forms.Form):
    first = forms.CharField()
    last = forms.CharField()


def test_errors_of_a_form_are_counted_in_words() -> None:
    assert describe_errors(NameForm()) == []
    assert describe_errors(NameForm({"first": "Ash", "last": "K."})) == []
    assert describe_errors(NameForm({"first": "Ash"})) == ["Not saved yet: 1 field needs another look."]
    assert describe_errors(NameForm({})) == ["Not saved yet: 2 fields need another look."]


def test_errors_of_the_form_itself_come_first() -> None:
    form = NameForm({})
    form.add_error(None, "Someone else saved in the meantime.")
    assert describe_errors(form) == ["Someone else saved in the meantime."]


def test_a_number_agrees_with_its_noun() -> None:
    assert [count(number, "session") for number in (0, 1, 16)] == ["0 sessions", "1 session", "16 sessions"]


def test_words_are_joined_as_in_a_sentence() -> None:
    assert join_words([]) == ""
    assert join_words(["grief"]) == "grief"
    assert join_words(["grief", "dispute"]) == "grief and dispute"
    assert join_words(["grief", "dispute", "transition"]) == "grief, dispute and transition"
