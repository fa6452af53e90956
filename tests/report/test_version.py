"""The page of a version: its numbers are those of the model, and what is missing says so."""

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups import ModelGroupsWarning
from modelgroups.experiments.wording import number_text
from modelgroups.report import distributions, heat
from modelgroups.report import version as version_module
from modelgroups.report.context import context_of
from modelgroups.report.heat import heat_text
from modelgroups.report.quality import chance_outside
from modelgroups.report.words import count_text, short_number
from modelgroups.testing import KINDS, example_model, sample_frame, sample_model

from .conftest import DAYS, START, build, fill, read, rows, share

SECTIONS = ["about", "performance", "drift", "distributions", "quality", "fairness", "schema"]


@pytest.fixture(scope="module")
def page(version, tmp_path_factory):
    return read(version.report(tmp_path_factory.mktemp("pages") / "version.html"))


def test_every_section_is_there_linked_and_named_by_its_heading(page):
    sections = page.tags("section")
    assert [each["id"] for each in sections] == SECTIONS
    assert [each["href"] for each in page.tags("a")] == ["#main", *(f"#{s}" for s in SECTIONS)]
    for section in sections:
        assert page.ids[section["aria-labelledby"]] == "h2"


def test_headings_stand_in_order_and_tables_say_what_their_cells_are(page):
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert {each.get("scope") for each in page.tags("th")} == {"row", "col", "colgroup"}
    assert len(page.tags("caption")) >= 5
    for image in page.tags("svg"):
        title, description = image["aria-labelledby"].split()
        assert (page.ids[title], page.ids[description]) == ("title", "desc")
    for region in page.tags("div"):
        if region.get("class") == "wide":  # scrolled by keyboard too
            assert (region["tabindex"], region["role"]) == ("0", "region")
            assert region["aria-label"]


def test_the_page_is_ready_for_phones_languages_and_both_schemes(page):
    metas = {each.get("name"): each.get("content") for each in page.tags("meta")}
    assert metas["viewport"].startswith("width=device-width")
    assert metas["color-scheme"] == "light dark"
    assert page.tags("html") == [{"lang": "en"}]
    for wanted in ("prefers-color-scheme: dark", "@media print", ":focus-visible"):
        assert wanted in page.source


def test_metrics_are_those_of_the_model(page, version):
    frame = version.metrics(every="day")
    whole = version.metrics(every=None).iloc[0]
    assert page.row("day")[1:] == list(frame.columns[1:])
    counts = ("Inference Count", "Inference Count by Class")
    for record in frame.to_dict("records"):
        day = f"{record.pop('timestamp'):%Y-%m-%d}"
        assert page.row(day)[1:] == [
            count_text(value) if name in counts else number_text(value)
            for name, value in record.items()
        ]
    assert page.tile("AUC") == number_text(whole["AUC"])
    assert page.tile("Inferences") == count_text(DAYS * 30)


def test_the_heat_map_is_the_drift_of_every_day(page, version):
    frame, whole = version.drift(every="day"), version.drift().iloc[0]
    chance = context_of(version._registry, version.id).chance(list(whole.index))

    def rank(name):
        cells = [(whole[name], DAYS * 30), *((value, 30) for value in frame[name])]
        return min((chance.explains(name, value, n), -value) for value, n in cells)

    drifted = sorted(whole.index, key=rank)
    start = page.rows.index(next(row for row in page.rows if row[:2] == ["attribute", "all"]))
    assert page.rows[start + 1] == ["inferences", str(DAYS * 30), *["30"] * DAYS]
    shown = page.rows[start + 2 : start + 2 + len(drifted)]
    assert [row[0] for row in shown] == drifted
    for name, *cells in shown:
        assert cells == [heat_text(value) for value in (whole[name], *frame[name])]
    assert page.rows[start][2:] == [str(START.day + day) for day in range(DAYS)]
    furthest = min(
        whole.index, key=lambda name: (chance.explains(name, whole[name], DAYS * 30), -whole[name])
    )
    assert page.tile("Largest drift") == number_text(whole[furthest])
    assert f"PSI of {furthest}, over all {DAYS * 30} inferences" in page.text


def cells_of(page):
    """Return the classes of the cells of the heat map, row by row."""
    return [attrs["class"].split()[-1] for attrs in page.tags("td") if "class" in attrs
            and attrs["class"].split()[-1] in ("chance", *(f"l{n}" for n in range(7)))]  # fmt: skip


@pytest.mark.parametrize("shift", [0, 1000])
def test_what_few_rows_show_by_chance_is_grey_and_what_is_more_is_not(shift, tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        for day in range(DAYS):  # of the distribution of the reference data itself
            frame = rows([7, day], 40).assign(amount=rows([7, day], 40)["amount"] + shift)
            at = [START + pd.Timedelta(days=day)] * 40
            model.send_inferences(frame, inference_timestamps=at)
        drift = model.drift(every="day")
        assert (drift[["amount", "age"]] > 0.1).mean().mean() > 0.9  # looks like moderate or worse
        page = read(model.report(tmp_path / "page.html"))
    cells = cells_of(page)
    n_drifted = 0 if shift == 0 else DAYS + 1
    assert len(cells) == 4 * (DAYS + 1)
    assert abs(sum(cell != "chance" for cell in cells) - n_drifted) <= 1
    assert "Grey cannot be told from chance" in page.text
    chance = "; cannot be told from chance" in page.text
    assert chance == (shift == 0)
    assert "; up to" not in page.text


def test_drifts_that_cancel_out_are_told_with_their_time(tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        low, high = (rows(seed, 2400).sort_values("age") for seed in (3, 4))
        for day, frame in enumerate((low.iloc[:1200], high.iloc[1200:])):
            at = [START + pd.Timedelta(days=day)] * 1200
            model.send_inferences(frame, inference_timestamps=at)
        by_day, whole = model.drift("age", every="day")["age"], model.drift("age")["age"].iloc[0]
        assert by_day.min() > 1 > 0.25 > whole
        page = read(model.report(tmp_path / "page.html"))
    day = f"{START + pd.Timedelta(days=int(by_day.idxmax())):%Y-%m-%d}"
    assert f"up to {short_number(by_day.max())} of age on {day}" in page.text
    assert page.rows[page.rows.index(page.row("inferences")) + 1][0] == "age"


def test_days_with_few_rows_are_put_together_where_weeks_have_enough(tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        fill(model, 1, days=35, size=60)
        page = read(model.report(tmp_path / "page.html"))
    assert "a day has about 60 inferences, too few to compare" in page.text
    row = page.row("inferences")
    assert row[:2] == ["inferences", "2.1k"]
    assert len(row) == 2 + 6  # weeks begin on Monday, and the first of March 2026 is a Sunday
    assert row[3:7] == ["420"] * 4


def test_categories_are_counted_on_both_sides(page, version):
    country = version.inferences(["country"])["country"]
    reference = version.reference_data()["country"]
    for name in ("DE", "US"):
        assert [name, share((reference == name).mean()),
                share((country == name).mean())] in page.rows  # fmt: skip
    assert ["missing", share(reference.isna().mean()),
            share(country.isna().mean())] in page.rows  # fmt: skip


def test_bins_of_numbers_hold_every_row(version):
    held = set(version.reference_data().columns)
    found = distributions.distributions_of(version, held, {}, is_used=True)
    age = next(each for each in found.shown if each.name == "age")
    values = version.inferences(["age"])["age"]
    for low, high, _, counted in age.rows:
        assert counted == pytest.approx(((values >= low) & (values < high)).mean())
    assert sum(row[2] for row in age.rows) == pytest.approx(1)


def test_quality_is_that_of_the_summary(page, version):
    quality = version.summary().to_frame()
    missing = quality.loc["country", "nulls"]
    (row,) = [row for row in page.rows if row[:2] == ["country", "input"] and "(" in row[2]]
    assert row[2] == f"{missing} ({share(missing / (DAYS * 30))})"
    outside = quality.loc["amount", "out_of_range"]
    assert outside > 0
    (row,) = [row for row in page.rows if row[:2] == ["amount", "input"] and "(" in row[4]]
    assert row[4] == f"{outside} ({share(outside / (DAYS * 30))})"


def test_a_count_of_one_of_two_classes_says_which(page):
    assert page.texts[page.texts.index("Inference Count by Class") + 1] == "predicted positive by p"


def test_only_what_a_larger_sample_does_not_explain_is_marked(tmp_path):
    rng = np.random.default_rng(7)

    def sample(size, first):
        return pd.DataFrame({
            "row": range(first, first + size), "usual": rng.normal(size=size),
            "far": rng.normal(size=size), "kind": [1, 2] * (size // 2),
            "q": rng.normal(size=size), "z": rng.normal(size=size),
        })  # fmt: skip

    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", "TABULAR", "REGRESSION")
        model.build(sample(1_000, 0), {"q": "z"}, non_input_columns=["row"])
        model.save()
        sent = sample(2_000, 5_000).assign(far=lambda frame: frame["far"] * 3)
        sent["usual"] = sent["usual"].clip(-2.5, 2.5)
        sent.loc[:1, "usual"] = 9.0  # of 2,000 rows two, where four are expected
        sent.loc[:5, "kind"] = 6
        model.send_inferences(sent)
        page = read(model.report(tmp_path / "page.html"))
    text = page.source.partition('id="quality"')[2].partition("</section>")[0]
    marked = re.findall(r'<tr class="look"><th[^>]*>(\w+)</th>', text)
    assert set(marked) == {"far", "kind"}
    start = page.rows.index(["attribute", "role", "missing", "new categories", "out of range"])
    quality = {row[0]: row for row in page.rows[start : start + 7]}
    assert quality["row"][4] == "all are different"
    assert quality["usual"][4].startswith("2 (")
    assert quality["kind"][3] == "category 6 in 6 rows"


def test_the_chance_to_lie_outside_is_that_of_samples():
    rng = np.random.default_rng(3)
    n_rows, n_reference = 60, 40
    drawn = rng.random((20_000, n_rows + n_reference))
    seen, new = drawn[:, :n_reference], drawn[:, n_reference:]
    low, high = seen.min(axis=1, keepdims=True), seen.max(axis=1, keepdims=True)
    outside = ((new < low) | (new > high)).sum(axis=1)
    for k in (0, 1, 3, 8):
        wanted = (outside >= k).mean()
        assert chance_outside(k, n_rows, n_reference) == pytest.approx(wanted, abs=0.02)
    assert chance_outside(5, 9, 1) == 1.0  # nothing is known of a range of one row


def test_fairness_is_that_of_the_bias_metrics(page, version):
    bias = version.bias.metrics
    shares, counts = bias.demographic_parity("country"), bias.group_counts("country")
    rates = bias.group_confusion_matrices("country", return_by_metric=False)
    start = page.rows.index(next(row for row in page.rows if row[0] == "group"))
    for row, group in zip(page.rows[start + 1 :], shares, strict=False):
        assert row == [
            "missing" if group is None else group,
            count_text(counts[group]),
            share(shares[group]),
            *(
                number_text(rates[group][name])
                for name in ("true_positive_rate", "false_positive_rate", "precision",
                             "accuracy_rate")
            ),
        ]  # fmt: skip
    low, high = min(shares.values()), max(shares.values())
    assert f"a ratio of {number_text(low / high)}" in page.text


# --- other kinds, and what is not there ----------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_has_a_page_empty_and_in_use(kind, tmp_path):
    with mg.connect(":memory:") as connection:
        model = sample_model(connection, kind)
        model.save()
        empty = read(model.report(tmp_path / "empty.html"))
        assert empty.text.count("There are no inferences yet") >= 3
        frame = sample_frame(kind, 24, seed=1).drop(columns="image", errors="ignore")
        day = pd.Timestamp("2026-03-01T09:00Z")
        model.send_inferences(
            frame,
            inference_timestamps=[day + pd.Timedelta(hours=6 * n) for n in range(24)],
        )
        page = read(model.report(tmp_path / "used.html"))
        assert page.tile("Inferences") == "24"
        assert [each["id"] for each in page.tags("section")] == SECTIONS
        assert "No attribute is marked as sensitive" in page.text
        for name, value in model.metrics(every=None).iloc[0].items():
            assert name in page.text
            if pd.notna(value) and "Count" not in name:
                assert number_text(value) in page.text


def test_groups_of_models_that_are_no_classifiers_have_their_metrics(tmp_path):
    with mg.connect(":memory:") as connection:
        model = sample_model(connection, "regression")
        model.set_attribute_as_sensitive("country")
        model.save()
        model.send_inferences(sample_frame("regression", 60, seed=1))
        page = read(model.report(tmp_path / "page.html"))
        by_country = model.metrics(by="country", every=None)
        start = page.rows.index(next(row for row in page.rows if row[0] == "group"))
        for row, record in zip(page.rows[start + 1 :], by_country.to_dict("records"), strict=False):
            assert row[0] == record["country"]
            assert row[2] == number_text(record["Root Mean Squared Error"])


def test_without_reference_data_or_ground_truth_it_is_said(tmp_path):
    with mg.connect(":memory:") as connection:
        model = connection.model(display_name="bare", input_type="TABULAR",
                                 output_type="REGRESSION")  # fmt: skip
        model.add_attribute("x", value_type="FLOAT", stage="PIPELINE_INPUT")
        model.add_regression_output_attributes({"p": "y"}, "FLOAT")
        model.save()
        model.send_inferences({"x": [1.0, 2.0], "p": [1.0, 2.0]})
        page = read(model.report(tmp_path / "page.html"))
    assert "The version has no reference data to compare with." in page.text
    assert "No ground truth has come yet" in page.text
    assert "Not defined at all: Root Mean Squared Error" in page.text


def test_batches_stand_in_the_order_in_which_they_began(tmp_path):
    with example_model(is_batch=True) as model:
        for batch in ("late", "early"):
            model.send_inferences({"age": [31, 47, 52], "p": [0.2, 0.9, 0.7], "y": [0, 1, 1]},
                                  batch_id=batch)  # fmt: skip
        page = read(model.report(tmp_path / "page.html"))
    assert [row[0] for row in page.rows if row[0] in ("late", "early")] == ["late", "early"]
    assert "By batch, in the order in which they began." in page.text


@pytest.mark.parametrize(
    ("every", "word"), [("1D", "day"), ("9D", "week"), ("60D", "month"), ("700D", "year")]
)
def test_many_days_are_rolled_up_and_the_page_says_so(every, word, tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        fill(model, 1, days=10, every=every, size=4)
        page = read(model.report(tmp_path / "page.html"))
    assert page.row(word)[0] == word
    assert f"By {word}" in page.text
    assert ("more than 62 days" in page.text) == (word != "day")


def test_of_many_attributes_those_that_drifted_most_are_shown(tmp_path, monkeypatch):
    for module in (heat, distributions):
        monkeypatch.setattr(module, "MOST_ROWS" if module is heat else "MOST", 2)
    monkeypatch.setattr(version_module, "MOST_ATTRIBUTES", 3)
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        model.send_inferences(rows(1, 60).assign(amount=5.0, age=19))
        page = read(model.report(tmp_path / "page.html"))
    assert "2 attributes that drifted less are left out." in page.text
    assert re.search(r"The 2 attributes that drifted most; \d others are left out\.", page.text)
    assert "The first 3 of" in page.text


def test_metrics_of_the_users_own_are_among_them_unless_they_fail(tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        model.send_inferences(rows(1, 20))
        oldest = {"select": [{"function": "max", "parameters": {"property": "age"}}]}
        model.create_metric("Oldest", oldest)
        page = read(model.report(tmp_path / "page.html"))
        assert "Oldest" in page.row("day")
        two = {"select": [*oldest["select"], {"function": "count"}]}
        with pytest.warns(ModelGroupsWarning, match="'Two numbers' gives 2 values"):
            model.create_metric("Two numbers", two)
        page = read(model.report(tmp_path / "page.html"))
    assert "Two numbers is left out: the metric 'Two numbers' must give one number" in page.text
    assert {"AUC", "Oldest"} <= set(page.row("day"))


def test_what_is_not_defined_is_a_dash(tmp_path):
    with example_model() as model:
        model.send_inferences({"age": [31, 47], "p": [0.2, 0.9], "y": [0, 0]})  # one class: no AUC
        page = read(model.report(tmp_path / "page.html"))
        assert np.isnan(model.metrics("AUC", every=None)["AUC"].iloc[0])
    assert "AUC" not in page.row("day")
    assert re.search(r"Not defined at all: [^.]*AUC", page.text)
    assert "nan" not in page.text.lower().split()


def test_values_that_are_missing_or_out_of_the_picture_are_told(tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        model.send_inferences(rows(1, 20).assign(age=None, amount=[1e9] * 5 + [20.0] * 15))
        page = read(model.report(tmp_path / "page.html"))
    assert "100 % of the inferences are missing" in page.text
    assert "25.0 % of the inferences lie outside of what is drawn" in page.text


def test_of_very_many_categories_only_their_number_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(distributions, "MOST_COUNTED", 4)
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        model.send_inferences(rows(1, 20).assign(country=[f"town {n % 7}" for n in range(20)]))
        page = read(model.report(tmp_path / "page.html"))
    assert "7 categories are too many to be counted one by one" in page.text


def ticks_and_numbers(page):
    return [row for row in page.rows if row and re.fullmatch(r"20..-..-..", row[0])]


def test_a_few_rows_far_from_the_rest_are_left_out_of_time_and_told_of(tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        fill(model, 3, days=20, size=60)
        model.send_inferences(rows(9, 5), inference_timestamps=["2026-11-20T12:00Z"] * 5)
        page = read(model.report(tmp_path / "page.html"))
        whole = model.metrics("Accuracy Rate", every=None)["Accuracy Rate"].iloc[0]
    days = [row[0] for row in ticks_and_numbers(page)]
    assert (days[0], days[-1], len(days)) == ("2026-03-01", "2026-03-20", 20)
    assert page.text.count("2026-03-01 to 2026-03-20 is shown, for 5 inferences (0.4 %) lie") == 2
    assert page.tile("Inferences") == "1,205"
    assert page.tile("Accuracy Rate") == number_text(whole)


def test_a_report_between_two_moments_holds_only_what_lies_there(tmp_path, group, version):
    bounds = {"since": "2026-03-03", "until": "2026-03-06T00:00Z"}
    page = read(version.report(tmp_path / "page.html", **bounds))
    summary = version.summary(**bounds)
    assert summary.n_inferences == 3 * 30
    assert page.tile("Inferences") == "90"
    assert "Of inferences only those from 2026-03-03 00:00 to 2026-03-06 00:00 UTC." in page.text
    assert [row[0] for row in ticks_and_numbers(page)] == [f"2026-03-0{day}" for day in (3, 4, 5)]
    accuracy = version.metrics("Accuracy Rate", every=None, **bounds)["Accuracy Rate"].iloc[0]
    assert page.tile("Accuracy Rate") == number_text(accuracy)
    drift = version.drift("age", **bounds)["age"].iloc[0]
    assert page.row("age")[1] == heat_text(drift)
    counts = version.bias.metrics.group_counts(
        "country", start_time=bounds["since"], end_time="2026-03-05T23:59:59Z"
    )
    fair = [row for row in page.rows if row[0] == "DE" and row[1] == str(counts["DE"])]
    assert fair
    nothing = read(version.report(tmp_path / "none.html", since="2030-01-01"))
    assert nothing.tile("Inferences") == "0"
    assert nothing.text.count("There are no inferences from 2030-01-01 00:00 UTC on") >= 3
    assert "inferences yet" not in nothing.text
    with pytest.raises(mg.errors.UserValueError, match="until"):
        version.report(tmp_path / "none.html", until="soon")
