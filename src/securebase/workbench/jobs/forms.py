"""The web form for the clinic's mail server."""

from __future__ import annotations

import ipaddress
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from securebase.workbench.jobs.models import Security
from securebase.workbench.ui.fields import NumberField


class MailServerForm(forms.Form):
    host = forms.CharField(
        label="SMTP server", max_length=200, help_text="For example: smtp.your-provider.com", widget=forms.TextInput
    )
    port = NumberField(label="Port", min_value=1, max_value=65535)
    security = forms.ChoiceField(label="Encryption", choices=Security.choices, widget=forms.RadioSelect)
    user = forms.CharField(
        label="User name", max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label="Password",
        max_length=500,
        required=False,
        strip=False,
        help_text="Leave blank to keep the stored password.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    sender = forms.EmailField(
        label="Sender", help_text="Clients see this address. Choose one that does not reveal what you treat."
    )

    def clean_host(self) -> str:
        host: str = self.cleaned_data["host"].strip()
        if "/" in host or ":" in host or " " in host:
            raise ValidationError(f"Enter only the name of the server, without “://” and port (got “{host}”).")
        return host

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("security") == Security.NONE and data.get("host") and not is_this_machine(data["host"]):
            self.add_error(
                "security", f"{data['host']} is another machine, so the connection must be encrypted. Choose TLS."
            )
        return data


class TestMessageForm(forms.Form):
    #: not a test class, whatever its name says
    __test__ = False
    to = forms.EmailField(label="Send a test message to")


def is_this_machine(host: str) -> bool:
    """Return True for a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
