"""The demonstration: two real classifiers become two versions of one group, and are used."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import modelgroups as mg
from modelgroups.errors import MissingDependencyError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run"]

_NAME = "Breast cancer"
_FEATURES = ["mean radius", "mean texture", "mean concavity", "worst area"]
_N_REFERENCE = 100


@dataclass(frozen=True)
class _Trained:
    """A classifier after training: what it is, how good it is, and the rows it was tried on.

    The first hundred of those are its reference data, the others come in later.
    """

    title: str
    accuracy: float
    reference: pd.DataFrame
    traffic: pd.DataFrame


def run(console: Console, home: Path | None) -> None:
    """Train, save and show; in the folder `home`, or in a temporary one that is kept."""
    folder = home or Path(tempfile.mkdtemp(prefix="modelgroups-demo-"))
    with mg.connect(folder) as connection:
        trained = list(_train())
        saved = [_save(connection, console, *item) for item in enumerate(trained, start=1)]
        group = connection.get_model_group(saved[0])
        for other in saved[1:]:
            other.model_group_id = group.id
            other.save()
        console.print(_versions(group))
        for version, classifier in zip(saved, trained, strict=True):
            _use(version, classifier.traffic)
            console.print(f"[bold]summary() of {version.version_label} in use[/]")
            console.print(f"{version.summary()}\n", highlight=False, soft_wrap=True)
        console.print(_files(connection.registry.root))
        console.print(f"{connection.verify()}\n", highlight=False, soft_wrap=True)
    console.print(
        "Open it again from Python:\n"
        "  import modelgroups as mg\n"
        f"  connection = mg.connect({str(folder)!r})\n"
        f"  group = connection.get_model_group({group.id!r})\n"
        "  group.get_version(label='V2').reference_data()\n"
        "  group.get_version(label='V2').inferences()",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _save(connection: mg.Connection, console: Console, number: int, trained: _Trained) -> mg.Model:
    """Build a model; show and save the first one, which begins the group."""
    model = connection.model(
        display_name=_NAME,
        description=f"{trained.title}, accuracy {trained.accuracy:.1%}",
        input_type=mg.InputType.Tabular,
        output_type=mg.OutputType.Multiclass,
        tags=["demo"],
    )
    schema = model.build(
        trained.reference,
        ground_truth_column="malignant",
        pred_to_ground_truth_map={"p_malignant": 1},
    )
    model.version_label = f"V{number}"
    if number == 1:
        shown = ["name", "stage", "value_type", "categories", "range"]
        rows = schema[shown].itertuples(index=False)
        console.print(_table(f"review() of V1, {trained.title}", shown, rows))
        model.save()
    return model


def _use(version: mg.Model, traffic: pd.DataFrame) -> None:
    """Send a version a prediction an hour, and a day later what was true."""
    import pandas as pd

    count = len(traffic)
    hours = pd.date_range("2026-03-01", periods=count, freq="h", tz="UTC")
    ids = [f"patient-{number}" for number in range(1, count + 1)]
    version.send_inferences(
        traffic.drop(columns="malignant"),
        inference_timestamps=hours.to_list(),
        partner_inference_ids=ids,
    )
    version.update_inference_ground_truths(
        traffic["malignant"],
        partner_inference_ids=ids,
        ground_truth_timestamps=(hours + pd.Timedelta(days=1)).to_list(),
    )
    version.compact()  # so that the log is in files now, not later


def _train() -> Iterator[_Trained]:
    """Yield two classifiers with their probabilities for rows that they were not trained on."""
    try:
        from sklearn.datasets import load_breast_cancer
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import train_test_split
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError as error:
        raise MissingDependencyError(
            "the demo needs scikit-learn; install it with: "
            "python -m pip install 'modelgroups[demo]'"
        ) from error
    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.data[_FEATURES].rename(columns=lambda name: name.replace(" ", "_"))
    malignant = (bunch.target == 0).astype("int64")
    inputs, held_out, labels, truth = train_test_split(
        frame, malignant, test_size=0.5, random_state=0, stratify=malignant
    )
    for title, classifier in (
        ("logistic regression", make_pipeline(StandardScaler(), LogisticRegression())),
        ("random forest", RandomForestClassifier(n_estimators=50, random_state=0)),
    ):
        classifier.fit(inputs, labels)
        probability = classifier.predict_proba(held_out)[:, 1]
        tried = held_out.assign(p_malignant=probability, malignant=truth)
        accuracy = float(classifier.score(held_out, truth))
        yield _Trained(title, accuracy, tried.iloc[:_N_REFERENCE], tried.iloc[_N_REFERENCE:])


def _versions(group: mg.ModelGroup) -> Table:
    rows = [
        (
            version.version_sequence_num,
            version.version_label,
            str(version.created_at)[:19].replace("T", " "),
            len(version.get_attributes()),
            version.reference_table(columns=["malignant"]).num_rows,
            version.description,
        )
        for version in group.get_versions()
    ]
    columns = ["number", "label", "saved (UTC)", "attributes", "rows", "description"]
    return _table(f"versions of the group {group.name!r}", columns, rows)


def _files(root: Path) -> Table:
    files = [
        (_short(path.relative_to(root)), f"{path.stat().st_size:,}")
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]
    return _table(f"files in {root}", ["file", "bytes"], files)


def _short(path: Path) -> str:
    return "/".join(map(_short_name, path.parts))


def _short_name(name: str) -> str:
    stem, dot, suffix = name.partition(".")
    return name if len(stem) < 20 else f"{stem[:8]}…{dot}{suffix}"


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    table = Table(
        title=escape(title),
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(value)) for value in row))
    return table


def _cell(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
