"""The kit of components: each folder is complete, shown in the gallery and used by a page; one more is one folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.template import Context, Template, TemplateSyntaxError
from django.urls import reverse

from each import each
from securebase.workbench.ui import kit
from securebase.workbench.ui.assets import ComponentAssets
from securebase.workbench.ui.kit import ComponentError, read_component, read_components
from workbench.browser import Browser
from workbench.ui.test_styles import named_classes

WORKBENCH = kit.FOLDER.parents[1]
#: Everything that can use a component, the kit itself left out.
PAGES = {
    path: path.read_text(encoding="utf-8")
    for kind in ("html", "js", "py")
    for path in WORKBENCH.rglob(f"*.{kind}")
    if kit.FOLDER not in path.parents
}


def render(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


def shown_classes(name: str) -> set[str]:
    html = "".join(html for _, html in read_components()[name].samples)
    return {c for tag in BeautifulSoup(html, "html.parser").find_all(class_=True) for c in tag["class"]}


@each(list(kit.read_components()))
def test_states_show_every_class_of_the_style_sheet(name: str) -> None:
    assert named_classes(read_components()[name].style) - shown_classes(name) == set()


@each(list(kit.read_components()))
def test_states_give_every_optional_parameter(name: str) -> None:
    definition = read_components()[name].definition
    markup = "".join(state.markup for state in definition.states)
    assert [p for p in definition.optional if not re.search(rf"\b{p}=", markup)] == []


@each(list(kit.read_components()))
def test_a_page_uses_the_component(name: str) -> None:
    """A component that no page uses is dead."""
    used_in = [text for text in PAGES.values() if re.search(rf'\{{% (?:component|wrap) "{name}"', text)]
    component = read_components()[name]
    if component.template is None:
        words = {word for text in PAGES.values() for word in re.findall(r"[\w-]+", text)}
        assert named_classes(component.style) - words == set(), "classes that no page uses"
    else:
        inside = [c for c in read_components().values() if c.template and f'"{name}"' in c.template.source]
        assert used_in or inside


def test_form_errors_are_the_same_on_all_pages() -> None:
    by_hand = [path.name for path, text in PAGES.items() if re.search(r"for \w+ in \w*form\.non_field_errors", text)]
    assert by_hand == []


def test_unknown_and_missing_parameters_are_refused() -> None:
    with pytest.raises(TemplateSyntaxError, match="unknown component “crad”: known are before_after, "):
        render('{% component "crad" %}')
    with pytest.raises(TemplateSyntaxError, match="component “form” has no parameter “from”"):
        render('{% component "form" from=1 %}')
    with pytest.raises(TemplateSyntaxError, match="component “form” needs the parameter “form”"):
        render('{% component "form" %}')
    with pytest.raises(TemplateSyntaxError, match="component “button” has no template: use its classes"):
        render('{% component "button" %}')


def test_a_component_escapes_its_parameters_and_keeps_its_body() -> None:
    html = render('{% wrap "empty_state" title=title %}<p>{{ title }}</p>{% endwrap %}', title="<b>")
    assert "<h2>&lt;b&gt;</h2>" in html
    assert "<p>&lt;b&gt;</p>" in html


def test_a_component_sees_only_its_parameters() -> None:
    html = render('{% wrap "empty_state" title="Here" %}{% endwrap %}', level=4, body="elsewhere")
    assert "<h2>Here</h2>" in html
    assert "elsewhere" not in html


def test_a_folder_that_is_not_complete_is_refused(tmp_path: Path) -> None:
    badge = tmp_path / "badge"
    badge.mkdir()
    with pytest.raises(ComponentError, match=r"badge/component.toml: the file is missing"):
        read_component(badge)
    (badge / "component.toml").write_text('about = "A badge."', encoding="utf-8")
    with pytest.raises(ComponentError, match="neither a template nor a style sheet"):
        read_component(badge)
    (badge / "badge.css").write_text(".badge {}", encoding="utf-8")
    with pytest.raises(ComponentError, match="states: required field is missing"):
        read_component(badge)
    (badge / "component.toml").write_text('about = "A badge."\nstates = []', encoding="utf-8")
    with pytest.raises(ComponentError, match="states: must not be empty"):
        read_component(badge)


def test_one_more_component_is_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings, browser: Browser, db: None
) -> None:
    """A folder is enough for the tag, the style sheet of all pages and the gallery."""
    folder = tmp_path / "components"
    shutil.copytree(kit.FOLDER, folder)
    badge = folder / "badge"
    badge.mkdir()
    (badge / "badge.html").write_text('<b class="badge">{{ count }}</b>', encoding="utf-8")
    (badge / "badge.css").write_text(".badge { color: var(--ink); }", encoding="utf-8")
    (badge / "badge.js").write_text('document.querySelector(".badge")?.focus();', encoding="utf-8")
    (badge / "component.toml").write_text(
        """about = "A number in a circle."
required = ["count"]

[[states]]
name = "Three"
markup = '{% component "badge" count=count %}'
data.count = 3
""",
        encoding="utf-8",
    )
    finders.find("ui/components.css")  # the pages of this process keep the sheet of the kit as it is
    monkeypatch.setattr(kit, "FOLDER", folder)
    settings.DEMO = True
    assert render('{% component "badge" count=7 %}') == '<b class="badge">7</b>'
    assets = ComponentAssets()
    assert ".badge { color: var(--ink); }" in Path(assets.find("ui/components.css")).read_text("utf-8")
    assert Path(assets.find("ui/components/badge.js")).read_text("utf-8").endswith("focus();")
    soup = BeautifulSoup(browser.get(reverse("gallery")).content, "html.parser")
    assert soup.find("script", src=re.compile("ui/components/badge.js"))
    sample = soup.find(id="badge")
    assert "A number in a circle." in sample.text
    assert sample.find("b", class_="badge").text == "3"


def test_the_gallery_exists_in_the_demo_clinic_only(browser: Browser, settings, db: None) -> None:
    assert browser.get(reverse("gallery")).status_code == 404
    settings.DEMO = True
    soup = BeautifulSoup(browser.get(reverse("gallery")).content, "html.parser")
    assert [sample["id"] for sample in soup.find_all(class_="sample")] == list(read_components())


def test_the_joined_sheet_is_a_static_file(browser: Browser, db: None) -> None:
    response = browser.get("/static/ui/components.css")
    assert response.status_code == 200
    assert response.getvalue().decode() == kit.join_styles()
    assert response.headers["Content-Type"].startswith("text/css")
    assert finders.find("ui/components.css", find_all=True) == [finders.find("ui/components.css")]
    assert finders.find("ui/nothing.css") is None
