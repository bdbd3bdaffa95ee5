"""The modules of the pages' scripts, one by one, in a page of a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = """
<form method="post" action="/nowhere/">
  <input type="hidden" name="revision" value="3">
  <input type="password" name="secret" value=""><input name="title" value="as loaded">
  <details><summary>More</summary><input type="checkbox" name="tick" value="1"></details>
  <fieldset data-rows="lines">
    <ol class="sheet-rows">
      <li class="sheet-row"><input name="lines.0.said" value="zero"><p class="row-tools"></p></li>
      <li class="sheet-row"><input name="lines.1.said" value="one"><p class="row-tools"></p></li>
      <li class="sheet-row"><input name="lines.2.said"><p class="row-tools"></p></li>
    </ol>
    <button type="button" data-tool="add">Add a row</button>
    <template><li class="sheet-row"><label for="lines-0000-said">Said</label><input id="lines-0000-said"
        name="lines.0000.said"><p class="row-tools"><button type="button"
        data-tool="remove">Remove row</button></p></li></template>
  </fieldset>
</form>
"""
SAID = "() => [...document.querySelectorAll('[name$=said]:not(:disabled)')].map(f => [f.name, f.value])"


@pytest.fixture
def page(chromium: Any, live_server: Any) -> Iterator[Any]:
    """Provide a page under the policy of the workbench, with a form in its main part."""
    context = chromium.new_context()
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page = context.new_page()
    page.goto(live_server.url + reverse("sign-in"))
    page.evaluate("html => { document.querySelector('main').innerHTML = html }", ROWS)
    yield page
    context.close()
    assert errors == []


def call(page: Any, module: str, body: str, argument: object = None) -> Any:
    """Run the body of a function with the exports of a module as `m`, the form as `form` and an argument."""
    script = f"""async argument => {{
        const m = await import("/static/ui/js/{module}.js");
        const form = document.querySelector("main form");
        {body}
    }}"""
    return page.evaluate(script, argument)


def test_rows_get_numbers_of_their_own(page: Any) -> None:
    call(page, "rows", "form.addEventListener('click', m.useRowTool);")
    page.evaluate("document.addEventListener('input', ({ target }) => document.body.append(target.name || 'tool'))")
    page.get_by_role("button", name="Add a row").click()
    page.keyboard.type("new")
    assert page.evaluate(SAID) == [
        ["lines.0.said", "zero"],
        ["lines.1.said", "one"],
        ["lines.2.said", ""],
        ["lines.3.said", "new"],
    ]
    # a label belongs to its own row, and a removed row is not sent
    assert page.get_by_label("Said").input_value() == "new"
    page.get_by_role("button", name="Remove row (4)").click()
    assert len(page.evaluate(SAID)) == 3
    page.get_by_role("button", name="Undo: restore the row").click()
    assert page.evaluate(SAID)[-1] == ["lines.3.said", "new"]
    assert page.locator("body").inner_text().endswith("tooltool")  # both were told to the autosave


def test_kept_input_comes_back_with_moved_new_and_removed_rows(page: Any) -> None:
    page.locator("[name=title]").fill("changed")
    page.locator("[name=secret]").fill("never kept")
    page.locator("summary").click()
    page.locator("[name=tick]").check()
    restored = call(
        page,
        "rows",
        """const { unsavedInput } = await import("/static/ui/js/kept.js");
        form.addEventListener("click", m.useRowTool);
        form.querySelector("[data-tool=add]").click();
        form.querySelector("[name='lines.3.said']").value = "new";
        const [zero, one] = form.querySelectorAll(".sheet-row");
        zero.remove();
        one.before(form.querySelector("[name='lines.3.said']").closest("li"));
        return unsavedInput(form);""",
    )
    assert ["lines.1.said", 0, "one"] in restored
    assert "never kept" not in str(restored)
    page.evaluate("html => { document.querySelector('main').innerHTML = html }", ROWS)
    call(page, "kept", "m.putBack(form, argument);", restored)
    assert page.evaluate(SAID) == [["lines.3.said", "new"], ["lines.1.said", "one"], ["lines.2.said", ""]]
    assert page.locator("[name=title]").input_value() == "changed"
    assert page.locator("[name=tick]").is_checked()
    assert page.locator("[name=tick]").is_visible()  # in an opened part of the page
    assert call(page, "kept", "return form.elements.revision.value;") == "3"


def test_only_changed_fields_count_as_unsaved(page: Any) -> None:
    page.evaluate("document.querySelector('[data-rows]').remove()")
    assert call(page, "kept", "return m.unsavedInput(form);") is None
    page.locator("[name=title]").fill("changed")
    assert call(page, "kept", "return m.unsavedInput(form);") == [["revision", 0, "3"], ["title", 0, "changed"]]
    page.locator("[name=title]").fill("as loaded")
    assert call(page, "kept", "return m.unsavedInput(form);") is None


def test_presence_is_reported_every_two_minutes_and_its_end_acts_once(page: Any) -> None:
    page.clock.install()
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", "<p id=log></p>")
    reports: list[str] = []
    page.on("request", lambda request: reports.append(request.url) if "/nowhere/" in request.url else None)
    page.route("**/nowhere/", lambda route: route.fulfill(status=204))
    call(
        page,
        "presence",
        """form.insertAdjacentHTML("beforeend", "<input type=hidden name=csrfmiddlewaretoken value=x>");
        m.watchPresence("/nowhere/", [[600_000, () => document.getElementById("log").append("left ")]]);""",
    )
    for minutes in (1, 1, 3):
        page.clock.fast_forward(minutes * 60_000)
        page.keyboard.press("Shift")
    page.clock.fast_forward(599_000)
    assert page.locator("#log").inner_text() == ""
    page.clock.fast_forward(2_000)
    assert page.locator("#log").inner_text().split() == ["left"]
    assert len(reports) == 2


def test_parts_are_replaced_and_open_details_stay_open(page: Any) -> None:
    page.evaluate("document.querySelector('main').innerHTML = '<div id=part><details open>old</details></div>'")
    call(page, "parts", "m.replaceParts({ part: '<details><b>new</b></details>', elsewhere: '' });")
    assert page.locator("#part b").is_visible()
    assert "old" not in page.locator("#part").inner_text()
