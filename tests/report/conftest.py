"""A registry in use, and what its pages say."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("jinja2")

import modelgroups as mg
from modelgroups.report.words import share_text

DAYS = 12
COUNTRIES = ["DE", "US", "FR"]
START = pd.Timestamp("2026-03-01T10:30Z")


class Page(HTMLParser):
    """A page, taken apart: its elements with attributes, and its texts."""

    VOID = frozenset(["meta", "br", "link", "img", "input", "hr"])

    def __init__(self, text):
        super().__init__()
        self.source = text
        self.elements, self.ids, self.open = [], {}, []
        self.rows, self.texts, self.headings = [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if "id" in dict(attrs):
            assert dict(attrs)["id"] not in self.ids, f"twice: {dict(attrs)['id']}"
            self.ids[dict(attrs)["id"]] = tag
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append([tag, ""])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another one"

    def handle_data(self, data):
        text = " ".join(data.split())
        if not text or "style" in self.open:
            return
        self.texts.append(text)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {text}".strip()
        if self.headings and self.headings[-1][0] in self.open:
            self.headings[-1][1] = f"{self.headings[-1][1]} {text}".strip()

    @property
    def text(self):
        return " ".join(self.texts)

    def tags(self, name):
        return [attrs for tag, attrs in self.elements if tag == name]

    def row(self, name):
        """Return the cells of the first row that begins with a name."""
        return next(row for row in self.rows if row and row[0] == name)

    def tile(self, name):
        """Return what stands below a name at the head of the page."""
        return self.texts[self.texts.index(name) + 1]


def read(path):
    return Page(path.read_text("utf-8"))


def share(value):
    """Return a share as it is written, with the space that may break in `Page.text`."""
    return share_text(value).replace("\N{NO-BREAK SPACE}", " ")


def rows(seed, size):
    rng = np.random.default_rng(seed)
    truth = (rng.random(size) < 0.4).astype(int)
    return pd.DataFrame(
        {
            "amount": rng.lognormal(3, 0.8, size).round(2),
            "age": rng.integers(18, 90, size),
            "country": rng.choice([*COUNTRIES, None], size, p=[0.5, 0.3, 0.1, 0.1]),
            "p": np.clip(0.3 * truth + rng.random(size) * 0.7, 0, 1),
            "fraud": truth,
        }
    )


def build(connection, label, **fields):
    model = connection.model(
        **{"display_name": "Card fraud", "input_type": "TABULAR", "output_type": "MULTICLASS"}
        | fields
    )
    model.build(rows(0, 300), {"p": 1}, ground_truth_column="fraud")
    model.set_attribute_as_sensitive("country")
    model.version_label = label
    return model


def fill(model, seed, *, days=DAYS, every="1D", size=30, with_truth=True):
    for day in range(days):
        frame = rows([seed, day], size)
        if not with_truth:
            frame = frame.drop(columns="fraud")
        model.send_inferences(
            frame,
            partner_inference_ids=[f"tx-{day}-{number}" for number in range(size)],
            inference_timestamps=[START + day * pd.Timedelta(every)] * size,
        )


@pytest.fixture(scope="package")
def connection():
    """Two groups: one in use for twelve days, with aliases, and one with a live deployment."""
    with mg.connect(":memory:", actor="ada") as connection:
        first = build(connection, "V1", description="the first one")
        first.save()
        group = connection.get_model_group(first)
        second = build(connection, "V2")
        group.add_version(second)
        second.save()
        fill(first, 1)
        fill(second, 2)
        group.promote("V1", reason="the first one")
        group.set_alias("challenger", "V2")
        test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, metric="AUC")
        test.reweight({"V1": 0.25, "V2": 0.75})
        test.abort(reason="the moon")
        deploy_one(connection)
        yield connection


def deploy_one(connection):
    first = build(connection, "A", display_name="Loans")
    first.save()
    group = connection.get_model_group(first)
    second = build(connection, "B", display_name="Loans")
    group.add_version(second)
    second.save()
    group.promote("A")
    group.deploy.shadow("B", metric="AUC", guardrails={"Accuracy Rate": 0.5})
    now = pd.Timestamp.now("UTC")
    for seed, version in enumerate((first, second)):
        frame = rows(9, 80).assign(p=rows(seed, 80)["p"])
        version.send_inferences(
            frame,
            partner_inference_ids=[f"now-{number}" for number in range(80)],
            inference_timestamps=[now] * 80,
        )


@pytest.fixture(scope="package")
def group(connection):
    return connection.get_model_group("Card fraud")


@pytest.fixture(scope="package")
def version(group):
    return group.get_version(label="V1")
