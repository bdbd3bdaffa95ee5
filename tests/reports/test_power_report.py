"""The power report: one file without network or script, with every design."""

import re

import pytest
from bs4 import BeautifulSoup

from power_plans import plan, quick, stopped_after
from securebase.charts.power_curves import power_chart
from securebase.errors import InputError
from securebase.reports.power_report import as_text, power_report
from securebase.study.power import power
from whitespace import collapse_whitespace


@pytest.fixture(scope="module")
def result():
    return power(plan(effects=(-0.15, 0.0)), run=quick, target_power=0.8)


@pytest.fixture(scope="module")
def page(result):
    return BeautifulSoup(collapse_whitespace(power_report(result)), "html.parser")


def test_the_report_needs_no_network_and_runs_no_script(result, page):
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", power_report(result)))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not an address that anything is loaded from
    assert not page.find_all(["script", "link", "iframe", "img", "object"])
    assert "default-src 'none'" in page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]


def test_every_design_is_in_both_tables(result, page):
    tables = {t.find("caption").get_text().strip()[:7]: t for t in page.find_all("table")}
    for name in ("Table 1", "Table 2"):
        rows = [r for r in tables[name].find_all("tr") if r.find("td")]
        assert [(r.find("th").get_text(), r.find("td").get_text()) for r in rows] == [
            (str(c.design.sessions), f"{c.design.clients:,}") for c in result.cells
        ]


def test_methods_answers_and_limits_are_included(result, page):
    text = " ".join(page.get_text(" ").split())
    assert result.methods in text
    for sentence in (
        *result.limits,
        "type I error",
        "† A judgement, or not yet checked against the original publication.",
    ):
        assert sentence in text
    items = [li.get_text() for li in page.find("section", class_="card").find_all("li")]
    assert len(items) == len(result.required_clients) == 2


def test_no_table_shows_a_raw_parameter_name(result, page):
    truth = result.plan.truth
    table = next(t for t in page.find_all("table") if "Table 3." in t.find("caption").get_text())
    assert len(table.find_all("td")) == len(truth.parameters.named(truth.specification))
    assert "effect of alliance on symptoms" in table.get_text(" ")
    assert not re.search(r"\b[a-z]+(_[a-z]+)*\[", page.get_text(" "))


def test_pictures_have_titles_and_descriptions(page):
    titles = [svg.find("title").get_text() for svg in page.find_all("svg")]
    assert titles.count("Power by number of clients, effect −.15") == 2  # for a page and for a phone
    assert titles.count("Type I error by number of clients, effect 0") == 2
    described = page.find("svg").find("desc").get_text()
    assert re.search(r"With 8 sessions it changes from \.\d\d at 40 clients to \.\d\d at [\d,]+ clients\.", described)


@pytest.mark.usefixtures("validated_charts")
@pytest.mark.parametrize("measure", ["power", "precision", "bias"])
def test_a_chart_has_every_design_with_its_interval(result, measure):
    specification = power_chart(result, result.plan.settings[0], measure).to_dict()
    layers = [layer for layer in specification["layer"] if layer["mark"]["type"] == "point"]
    data = layers[0].get("data", specification.get("data"))
    rows = data.get("values") or specification["datasets"][data["name"]]
    cells = [c for c in result.cells if c.design.setting == result.plan.settings[0]]
    assert [(r["sessions"], r["clients"]) for r in rows] == [(str(c.design.sessions), c.design.clients) for c in cells]
    assert all(r["lower"] <= r["value"] <= r["upper"] for r in rows)
    if measure == "power":
        assert [r["value"] for r in rows] == [c.power.value for c in cells]


def test_a_run_stopped_at_once_still_gives_a_report():
    nothing = power(plan(), run=stopped_after(0), target_power=0.8)
    text = " ".join(BeautifulSoup(power_report(nothing), "html.parser").get_text(" ").split())
    assert "stopped early" in text
    assert "0 of 40" in text


def test_an_unknown_file_type_is_refused(result):
    with pytest.raises(InputError, match="pdf"):
        as_text(result, "pdf")
