"""Sentences that pages share."""

from __future__ import annotations

from django import forms

from securebase.workbench.ui.sentences import describe_errors


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
