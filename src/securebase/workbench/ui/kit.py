"""The kit of components: how pages, the joined style sheet and the gallery find what a folder in `components/` holds.

A component is one folder: `component.toml` (what it is for, its parameters, its states), and beside it, named like the
folder, a template, a style sheet and a script, as it needs. A page uses a template by a tag of
`templatetags/components.py`, a style by its classes, and loads a script as a static file (`assets.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from django import forms
from django.template import Context, Origin, Template, TemplateSyntaxError
from django.utils.safestring import SafeString
from msgspec import Meta, field

from securebase.errors import InputError
from securebase.schema import Id, Place, ShelfStruct, Text, read_toml

FOLDER = Path(__file__).parent / "components"
DEFINITION = "component.toml"


class ComponentError(InputError):
    """A component's folder that cannot be read."""


class ExampleField(ShelfStruct, frozen=True):
    """A field of a form in a state: names of classes of django.forms, and the field's arguments."""

    kind: Text
    widget: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def build(self) -> forms.Field:
        widget = {"widget": getattr(forms, self.widget)} if self.widget else {}
        built: forms.Field = getattr(forms, self.kind)(**self.options, **widget)
        return built


class State(ShelfStruct, frozen=True):
    """One state of a component: markup as a page writes it, with the data that it reads."""

    name: Text
    markup: Text
    data: dict[str, Any] = field(default_factory=dict)
    #: fields of a form that the markup reads as `form`, what was sent with it, and an error of the form itself
    form: dict[str, ExampleField] = field(default_factory=dict)
    sent: dict[str, str] | None = None
    error: str = ""

    def render(self, prefix: str) -> SafeString:
        """Return the state's HTML; the ids of its fields begin with the prefix."""
        fields = {name: example.build() for name, example in self.form.items()}
        form = type("ExampleForm", (forms.Form,), fields)(self.sent, auto_id=f"{prefix}-%s")
        if self.error:
            form.add_error(None, self.error)
        return Template(self.markup).render(Context({**self.data, "form": form}))


class Definition(ShelfStruct, frozen=True):
    """The file component.toml."""

    about: Text
    states: Annotated[tuple[State, ...], Meta(min_length=1)]
    #: parameters of the template
    required: tuple[Id, ...] = ()
    optional: tuple[Id, ...] = ()


@dataclass(frozen=True)
class Component:
    """A component with the contents of its folder."""

    name: str
    definition: Definition
    template: Template | None
    style: str
    script: str

    @property
    def script_path(self) -> str:
        """Return where the script lies among the static files."""
        return f"ui/components/{self.name}.js"

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()

    @property
    def samples(self) -> list[tuple[str, SafeString]]:
        """Return the name and the HTML of each state."""
        states = enumerate(self.definition.states, 1)
        return [(state.name, state.render(f"{self.name}-{number}")) for number, state in states]

    def render(
        self, values: Mapping[str, Any], *, body: SafeString | str = "", csrf_token: object = None
    ) -> SafeString:
        """Return the template's HTML; an optional parameter that is not given is empty.

        Raises TemplateSyntaxError for a component without template, and for an unknown or missing parameter.
        """
        if self.template is None:
            raise TemplateSyntaxError(f"component “{self.name}” has no template: use its classes")
        known = {*self.definition.required, *self.definition.optional}
        if unknown := sorted(set(values) - known):
            raise TemplateSyntaxError(f"component “{self.name}” has no parameter “{unknown[0]}”")
        if missing := sorted(set(self.definition.required) - set(values)):
            raise TemplateSyntaxError(f"component “{self.name}” needs the parameter “{missing[0]}”")
        context = dict.fromkeys(self.definition.optional, "") | dict(values)
        return self.template.render(Context({**context, "body": body, "csrf_token": csrf_token}))


def read_component(folder: Path) -> Component:
    """Return the component of a folder. Raises ComponentError."""
    file = folder / DEFINITION
    template, style, script = (folder / f"{folder.name}.{kind}" for kind in ("html", "css", "js"))
    place = Place(f"{folder.name}/{DEFINITION}", ComponentError)
    if not file.exists():
        place.fail("the file is missing", advice="A component names its parameters and states in it.")
    if not template.exists() and not style.exists():
        place.fail(
            "the folder has neither a template nor a style sheet", advice=f"Add {template.name} or {style.name}."
        )
    return Component(
        name=folder.name,
        definition=read_toml(file.read_bytes(), Definition, place),
        template=Template(template.read_text("utf-8"), Origin(str(template))) if template.exists() else None,
        style=style.read_text("utf-8") if style.exists() else "",
        script=script.read_text("utf-8") if script.exists() else "",
    )


def read_components() -> Mapping[str, Component]:
    """Return all components by name, in alphabetical order."""
    return _read_folder(FOLDER)


@cache
def _read_folder(folder: Path) -> Mapping[str, Component]:
    return {entry.name: read_component(entry) for entry in sorted(folder.iterdir()) if entry.is_dir()}


def find_component(name: str) -> Component:
    """Return a component. Raises TemplateSyntaxError for an unknown name."""
    components = read_components()
    if name not in components:
        raise TemplateSyntaxError(f"unknown component “{name}”: known are {', '.join(components)}")
    return components[name]


def join_styles() -> str:
    """Return the style sheets of all components as one, in alphabetical order."""
    return "\n".join(f"/* {c.name} */\n{c.style}" for c in read_components().values() if c.style)
