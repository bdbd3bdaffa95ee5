"""The study report: one file without network or script, with its required content."""

import re
from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup

from securebase.records.cohort import Exclusion, ImportReport
from securebase.reports.render import count, fixed, p_value, paired, points, short, standard, with_error
from securebase.reports.study_report import study_report
from securebase.study.labels import describe_parameter
from securebase.study.parts import NotFitted
from securebase.study.study import study
from securebase.study.verdict_phrases import RUNG_LABELS, detrended_label
from securebase.study.verdicts.identifying import Refusal
from securebase.study.verdicts.rule import Rung
from study_tables import cohort, draw_table
from whitespace import collapse_whitespace

#: for the table of the fixture below: one process, both directions, all sections but moderation; 70 of them say what
#: else than an order gives the same verdict, and that persons are taken to be independent; 70 more, how strong and how
#: early a hidden cause must be, and beside what a direction remains; 120 more, which questions the design of the table
#: can and cannot answer
MAX_WORDS = 2410


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(1)
    analysis = study(cohort(draw_table(1, n=40, sessions=14, lag=0.3, shared_trend=0.05, missing=0.1)), rng=rng)
    skipped = (Exclusion("no identifier in “who”", 3, rows=(4, 5, 6)),)
    return replace(analysis, import_report=ImportReport("<b>table</b>.csv", "f" * 64, 563, 560, 1000, 120, skipped))


@pytest.fixture(scope="module")
def html(result):
    return study_report(result)


@pytest.fixture(scope="module")
def page(html):
    return BeautifulSoup(collapse_whitespace(html), "html.parser")


def test_the_report_needs_no_network_and_runs_no_script(html, page):
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", html))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not an address that anything is loaded from
    assert not page.find_all(["script", "link", "iframe", "img", "object"])
    assert not page.find_all(href=True)
    assert not page.find_all(src=True)
    assert not re.search(r"url\((?!#)", html)
    assert not [t for t in page.find_all(True) if any(a.startswith("on") for a in t.attrs)]
    assert "default-src 'none'" in page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]


def ladder(page):
    """Return the cells of each row of the table on the first page, by its head."""
    rows = page.find("table", class_="ladder").find("tbody").find_all("tr")
    return {tr.find("th").get_text(): [td.get_text(" ").strip() for td in tr.find_all("td")] for tr in rows}


def test_the_first_page_gives_every_verdict(page, result):
    first = page.find("section", class_="card")
    text = " ".join(first.get_text(" ").split())
    for sentence in (*result.findings_in_words, result.settle_in_words):
        assert sentence in text
    rows = ladder(page)
    assert list(rows) == ["x → y", "y → x"]
    for verdict, cells in zip(result.verdicts, rows.values(), strict=True):
        assert cells[0] == RUNG_LABELS[verdict.rung]
        assert cells[1].split()[0] == standard(verdict.estimate)
        assert f"{standard(verdict.interval[0])} to {standard(verdict.interval[1])}" in cells[1]
        assert cells[4] == f"{verdict.n_identifying:.0f} of {verdict.n_persons}"
        t3 = verdict.readings.attenuation
        shown = f"{detrended_label(verdict)} {standard(t3.centred)} → {standard(t3.detrended)}"
        assert " ".join(cells[5].split()) == shown
    assert page.find("h2", class_="page").find_previous("section", class_="card") is first


def test_raw_and_corrected_p_stand_beside_each_other(result):
    first = replace(result.verdicts[0], p=0.012, p_adjusted=0.048)
    changed = BeautifulSoup(collapse_whitespace(study_report(replace(result, verdicts=(first,)))), "html.parser")
    assert ladder(changed)["x → y"][2:4] == [".012", ".048"]


def test_a_refused_pair_has_no_estimate_but_its_reason(result):
    refused = replace(
        result.verdicts[0],
        rung=Rung.REFUSED,
        reason=Refusal.COPY,
        estimate=None,
        interval=None,
        p=None,
        p_adjusted=None,
        persistence=None,
    )
    changed = BeautifulSoup(collapse_whitespace(study_report(replace(result, verdicts=(refused,)))), "html.parser")
    assert ladder(changed)["x → y"][:4] == ["refused", "–", "–", "–"]
    assert "one is a copy of the other" in changed.find("section", class_="card").get_text()


def test_limits_follow_the_verdicts(page, result):
    headings = [h.get_text() for h in page.find_all("h2")]
    scope = "What this design can and cannot answer"
    assert headings[:3] == ["Which column tends to come first?", scope, "Limitations"]


def test_leave_one_out_influence_is_in_table_4(page, result):
    table = next(t for t in page.find_all("table") if "Table 4." in t.find("caption").get_text())
    assert {"leave-one-out range", "p at most"} <= {th.get_text() for th in table.find_all("th")}
    influence = result.lags[0].main.leave_one_out
    row = next(r for r in table.find_all("tr") if r.find("td") and r.find("td").get_text() == "successive sessions")
    cells = [c.get_text() for c in row.find_all("td")]
    assert f"{standard(influence.lowest)} to {standard(influence.highest)}" in cells
    assert p_value(influence.max_p_value) in cells


def test_each_correlation_of_table_2_has_its_own_counts(page, result):
    table = next(t for t in page.find_all("table") if "Table 2." in t.find("caption").get_text())
    row = table.find("tbody").find("tr")
    cells = [c.get_text(" ") for c in row.find_all("td")]
    correlations = result.correlations[0]
    assert len(cells) == 3
    assert f"{correlations.between.n_persons} persons" in cells[0]
    assert f"{correlations.within.n} sessions, {correlations.within.n_persons} persons" in cells[1]
    assert f"{correlations.within_detrended.n} sessions, {correlations.within_detrended.n_persons} persons" in cells[2]


def test_residual_autocorrelation_is_commented(result):
    model = result.models[0]
    rows = tuple(replace(r, autocorrelation=-0.3) for r in model.residuals)
    worse = replace(result, models=(replace(model, residuals=rows), *result.models[1:]))
    assert "speaks against the model for this column" not in study_report(result)
    assert study_report(worse).count("speaks against the model for this column") == len(rows)


def test_paired_pictures_have_the_width_of_a_column(page):
    """Check widths between a phone and half a page, so that labels stay legible."""
    pictures = [p for pair in page.find_all(class_="pair") for p in pair.find_all("svg")]
    assert len(pictures) >= 4
    for picture in pictures:
        assert 330 <= float(picture["viewbox"].split()[2]) <= 440


def test_skipped_rows_are_on_the_first_page_and_in_full_at_the_end(page, result):
    facts = page.find("dl", class_="facts").get_text(" ")
    assert "560 of 563 rows" in facts
    assert "skipped 3: no identifier in “who”" in facts
    for sentence in result.import_report.sentences():
        assert sentence in page.get_text(" ")


def test_names_from_the_table_are_escaped(html, page):
    assert "<b>table</b>" not in html
    assert "<b>table</b>.csv" in page.get_text()


def test_every_section_has_its_table(page):
    captions = [c.get_text(" ") for t in page.find_all("table", class_=lambda c: c != "ladder") for c in t("caption")]
    assert [f"Table {i}." for i in (1, 2, 3, 4, 5, 6, 7, "7b", "7c", 8)] == [c.split(".")[0] + "." for c in captions]
    headings = [h.get_text() for h in page.find_all("h2")]
    assert {"Limitations", "Methods", "Continuous-time model", "Lagged associations in both directions"} <= {*headings}


def test_both_estimates_are_shown(page, result):
    lag = result.lags[0].main
    rows = [[c.get_text() for c in r.find_all(["td", "th"])] for r in page.find_all("tr")]
    assert any(r[0] == "within-person centred" and r[1] == standard(lag.centred.estimate, 3) for r in rows)
    assert any(r[0] == "detrended within person" and r[1] == standard(lag.detrended.estimate, 3) for r in rows)


def test_estimates_of_both_models_are_printed(page, result):
    text = page.get_text(" ")
    table = next(t for t in page.find_all("table") if "Table 8." in t.find("caption").get_text())
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in table.find_all("tr") if row.find("td")]
    assert len(rows) == len({row.name for model in result.models for row in model.parameters})
    for column, model in enumerate(result.models, start=1):
        for row in model.parameters:
            label = describe_parameter(row.name, result.request.labels, "session")[1]
            assert [label, with_error(row.estimate, row.standard_error)] in [[r[0], r[column]] for r in rows]
    assert result.fingerprint in text
    assert result.versions["securebase"] in text


def test_no_table_shows_a_raw_parameter_name(page, result):
    names = {row.name for model in result.models for row in model.parameters if "[" in row.name}
    assert "drift[y,x]" in names
    for table in page.find_all("table"):
        words = table.get_text(" ")
        assert not [name for name in names if name in words]
        assert not re.search(r"\b[a-z]+(_[a-z]+)*\[", words)
    assert "effect of x on y" in page.get_text(" ")


def test_the_report_stays_short(html):
    """The visible words of the report; with a longer limit, say what a reader gains."""
    main = BeautifulSoup(collapse_whitespace(html), "html.parser").find("main")
    for drawing in main.find_all("svg"):
        drawing.decompose()
    assert len(re.findall(r"[^\W\d_][\w’'-]*", main.get_text(" "))) <= MAX_WORDS


def test_pictures_have_a_text_alternative(page):
    for picture in page.find_all("svg"):
        assert picture["role"] == "img"
        assert picture.find("title").get_text()
        assert picture.find("desc").get_text()


def test_no_placeholder_is_left(html):
    assert "{{" not in html
    assert "Undefined" not in html
    assert "nan" not in BeautifulSoup(collapse_whitespace(html), "html.parser").get_text().lower().split()


@pytest.mark.usefixtures("validated_charts")
def test_simulated_data_is_marked(result, page):
    assert "simulated data" not in page.get_text()
    assert "simulated data" in study_report(replace(result, simulated=True))


def test_a_report_of_little_data_names_the_problem():
    few = study_report(study(cohort(draw_table(1, n=6, sessions=3))))
    assert "x before y: refused." in few
    assert "not estimated: too few pairs" in few
    assert "could not be fitted" in few


def test_an_unstable_drift_is_the_first_thing_said_of_the_models_and_has_no_numbers(result):
    sentence = "Unstable drift: its eigenvalues are 0.10 ± 0.40i per session, and not all have a negative real part."
    log_likelihood = fixed(result.models[0].log_likelihood, 3)
    assert log_likelihood in study_report(result)
    unstable = replace(result, models=(NotFitted(result.models[0].trend, sentence), *result.models[1:]), checks=None)
    text = BeautifulSoup(collapse_whitespace(study_report(unstable)), "html.parser").get_text()
    assert 0 < text.index(sentence) < text.index("Table 5.")
    assert log_likelihood not in text


def test_an_outcome_alone_gives_a_report():
    rows = draw_table(3, n=20)
    alone = cohort(type(rows)(20, rows.person, rows.times, {"y": rows.values["y"]}, rows.moments, "session"))
    page = BeautifulSoup(collapse_whitespace(study_report(study(alone))), "html.parser")
    assert page.find("section", class_="card") is None
    assert "Descriptive statistics and variance components" in page.get_text()


@pytest.mark.parametrize(
    ("formatted", "expected"),
    [
        (fixed(-1234.5), "−1,234.50"),
        (fixed(-0.001), "0.00"),
        (fixed(None), "–"),
        (fixed(float("nan")), "–"),
        (standard(-0.13), "−.13"),
        (standard(1.05), "1.05"),
        (standard(10.5), "10.50"),
        (points(0.0314159), "0.0314"),
        (points(1234.5), "1,234"),
        (points(-2), "−2.00"),
        (short(68.0), "68"),
        (short(3.5), "3.5"),
        (count(1290), "1,290"),
        (paired(545.2, 236.0), "545"),
        (with_error(-0.303, 0.0811), "−0.303 (0.081)"),
        (with_error(0.0, None), "0"),
    ],
)
def test_numbers_are_formatted(formatted, expected):
    assert formatted == expected


def test_model_checks_have_a_table_and_sentences(page, result):
    text = page.get_text(" ")
    assert result.checks is not None
    assert result.checks.count in text
    for sentence in (*(check.shape for check in result.checks.residuals), *result.checks.outlying):
        assert sentence in text
    tables = [t for t in page.find_all("table") if t.find("caption").get_text()[:8] in ("Table 7b", "Table 7c")]
    cells = [cell.get_text() for t in tables for cell in t.find("tbody").find_all("td") if cell.get_text() != "–"]
    assert len(cells) == len(result.checks.predictive)
    assert sum("†" in cell for cell in cells) == sum(not check.is_reproduced for check in result.checks.predictive)
    assert page.get_text(" ").count("Normal quantile plots") == 1
    without_checks = BeautifulSoup(collapse_whitespace(study_report(replace(result, checks=None))), "html.parser")
    assert "Table 7b" not in without_checks.get_text(" ")
