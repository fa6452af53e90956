"""The demonstration: two real classifiers become two versions of one group, and are used."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import modelgroups as mg
from modelgroups.cli.output import print_table, say
from modelgroups.cli.versions import print_schema
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


def run(home: Path | None) -> None:
    """Train, save and show; in the folder `home`, or in a temporary one that is kept."""
    folder = home or Path(tempfile.mkdtemp(prefix="modelgroups-demo-"))
    with mg.connect(folder) as connection:
        trained = list(_train())
        saved = [_save(connection, *item) for item in enumerate(trained, start=1)]
        group = connection.get_model_group(saved[0])
        for other in saved[1:]:
            other.model_group_id = group.id
            other.save()
        _show_versions(group)
        for version, classifier in zip(saved, trained, strict=True):
            _use(version, classifier.traffic)
            _show_summary(version)
        say("\ncompare() of V1 and V2")
        say(group.compare("V1", "V2").sentence)
        _show_files(connection.registry.root)
        say(f"\n{connection.verify()}")
        is_only = len(connection.model_groups(name=_NAME)) == 1
    place, name = str(folder), _NAME if is_only else group.id
    say(
        "\nOpen it again from Python:\n"
        "  import modelgroups as mg\n"
        f"  connection = mg.connect({place!r})\n"
        f"  group = connection.get_model_group({name!r})\n"
        "  group['V2'].reference_data()\n"
        "  group['V2'].inferences()\n"
        "or from a shell:\n"
        f"  export MODELGROUPS_HOME={shlex.quote(place)}\n"
        f"  modelgroups metrics '{name}@V2' --every week"
    )


def _save(connection: mg.Connection, number: int, trained: _Trained) -> mg.Model:
    """Build a model; show and save the first one, which begins the group."""
    model = connection.model(
        display_name=_NAME,
        description=f"{trained.title}, accuracy {trained.accuracy:.1%}",
        input_type=mg.InputType.Tabular,
        output_type=mg.OutputType.Multiclass,
        tags=["demo"],
    )
    model.build(
        trained.reference,
        ground_truth_column="malignant",
        pred_to_ground_truth_map={"p_malignant": 1},
    )
    model.version_label = f"V{number}"
    if number == 1:
        say(f"review() of V1, {trained.title}")
        print_schema(model.get_attributes())
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


def _show_versions(group: mg.ModelGroup) -> None:
    rows = [
        (
            version.version_sequence_num,
            version.version_label,
            version.description,
            version.reference_table(columns=["malignant"]).num_rows,
            str(version.created_at)[:19].replace("T", " "),
        )
        for version in group.get_versions()
    ]
    say(f"\nversions of the group {group.name!r}")
    print_table(["number", "label", "description", "rows", "saved (UTC)"], rows)


def _show_summary(version: mg.Model) -> None:
    summary = version.summary()
    say(f"\nsummary() of {version.version_label} in use")
    say(f"{summary.n_inferences} inferences, {summary.n_ground_truths} ground truths")
    shown = ["nulls", "new_category", "out_of_range", "value_type"]
    frame = summary.to_frame().reset_index()[["attribute", *shown]]
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    print_table(["attribute", "nulls", "new categories", "out of range", "type"], rows)


def _show_files(root: Path) -> None:
    rows = [
        (_short(path.relative_to(root)), f"{path.stat().st_size:,}")
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]
    say(f"\nfiles in {root}")
    print_table(["file", "bytes"], rows)


def _short(path: Path) -> str:
    return "/".join(map(_short_name, path.parts))


def _short_name(name: str) -> str:
    stem, dot, suffix = name.partition(".")
    return name if len(stem) < 20 else f"{stem[:8]}…{dot}{suffix}"
