"""The command that makes a version without Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelgroups.cli import completing
from modelgroups.cli.application import Family, opened
from modelgroups.cli.names import find_group
from modelgroups.cli.output import print_json, say
from modelgroups.cli.parameters import AsJson, Rename, pair
from modelgroups.cli.telling import remark
from modelgroups.cli.versions import print_schema, title_of
from modelgroups.drawing.texts import list_text
from modelgroups.types import InputType, OutputType, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from modelgroups.connection import Connection
    from modelgroups.model import Model

__all__ = ["build", "family"]

family = Family()

_OUTPUTS = (Stage.PredictedValue, Stage.GroundTruth, Stage.GroundTruthClass)


@family.command(
    "build train.csv --name 'Card fraud' --output-type multiclass \\\n"
    "    --prediction p_fraud=1 --ground-truth fraud --label V1",
    "build train.csv --group 'Card fraud' --output-type multiclass \\\n"
    "    --prediction p_fraud=1 --ground-truth fraud --rename 'is fraud?=fraud'",
    "build spend.parquet --name Spend --output-type regression \\\n    --prediction spend=bill",
)
def build(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Reference data: .csv, .parquet.")],
    output_type: Annotated[
        OutputType,
        typer.Option(
            case_sensitive=False,
            metavar="TYPE",
            help="regression, multiclass, ranked_list, …",
        ),
    ],
    prediction: Annotated[
        list[Any],
        typer.Option(
            parser=pair,
            metavar="COLUMN=TRUTH",
            help="A column of predictions, and its class or the column of its ground truth; "
            "repeatable.",
        ),
    ],
    input_type: Annotated[
        InputType,
        typer.Option(
            case_sensitive=False, metavar="TYPE", help="tabular, nlp, image, time_series."
        ),
    ] = InputType.Tabular,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="What people read; without --group, of the new group too."
        ),
    ] = None,
    ground_truth: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of the true class.")
    ] = None,
    non_input: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column that is no input; repeatable."),
    ] = None,
    positive: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The prediction of the positive class.")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="GROUP",
            help="Make it the next version of this group.",
            autocompletion=completing.groups,
        ),
    ] = None,
    label: Annotated[str | None, typer.Option(metavar="TEXT", help="Of the version.")] = None,
    description: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What else people read.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="To find it by; repeatable.")
    ] = None,
    rename: Rename = None,
    batch: Annotated[bool, typer.Option("--batch", help="Inferences come in batches.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the schema, and save nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a version from reference data in a file: read its schema, and save both."""
    if name is None and group is None:
        raise typer.BadParameter("give a name, or its group", param_hint="--name")
    truths = dict(prediction)
    if positive is not None and positive not in truths:
        raise typer.BadParameter(f"{positive!r} is no --prediction", param_hint="--positive")
    from modelgroups.cli.files import read_frame

    with opened(ctx) as connection:
        model = _new(
            connection,
            name,
            group,
            input_type=input_type,
            output_type=output_type,
            description=description,
            tags=tag or None,
            is_batch=batch,
        )
        data = read_frame(file, dict(rename or ()))
        _require_names(file, list(data.columns))
        if file.suffix.lower() == ".csv" and ground_truth is None:
            data = _with_equal_types(data, truths)
        model.version_label = label
        model.build(
            data,
            _with_classes(truths, data, ground_truth),
            positive_predicted_attr=positive,
            non_input_columns=non_input or None,
            ground_truth_column=ground_truth,
        )
        for told in [] if group is None else _beside_others(connection, model):
            remark(f"Note: {told}")
        if not dry_run:
            model.save()
        _tell(connection, model, as_json=as_json)


def _new(connection: Connection, name: str | None, group: str | None, **fields: Any) -> Model:
    """Return a model for a group, or for a new one, of a name that no group has."""
    from modelgroups.errors import ConflictError, NotFoundError

    if group is not None:
        try:
            found = find_group(connection, group)
        except NotFoundError as error:
            raise NotFoundError(
                f"{error.detail}; to begin one, give its name with --name instead of --group"
            ) from error
        model = connection.model(display_name=name or found.name, **fields)
        found.add_version(model)
        return model
    if connection.model_groups(name=name):
        raise ConflictError(
            f"there is a group {name!r} already; pass --group {name!r} to make this its next "
            "version, or choose another --name"
        )
    return connection.model(display_name=name, **fields)


def _beside_others(connection: Connection, model: Model) -> Iterator[str]:
    """Yield what is likely not meant, for the champion, or the last version, has it otherwise."""
    group = connection.get_model_group(model)
    earlier = group.aliases().get("champion") or group.get_latest_version(include_archived=True)
    of_earlier = title_of(connection, earlier)
    outputs = [name for stage in _OUTPUTS for name in earlier.get_attribute_names(stage)]
    for name in model.get_attribute_names(Stage.ModelPipelineInput):
        if name in outputs:
            yield (
                f"{name!r} is an input here, and an output of {of_earlier}; if the model does "
                f"not take it in, pass --non-input {name}"
            )
    theirs, ours = map(_predicted, (earlier, model))
    if earlier.output_type != model.output_type or set(theirs) != set(ours):
        yield (
            f"{of_earlier} predicts {list_text(theirs)}, and this version {list_text(ours)}; "
            "compare sets only versions beside each other that predict the same under the same "
            "name, which --rename COLUMN=NAME gives a column"
        )


def _predicted(model: Model) -> list[str]:
    attributes = model.get_attributes(Stage.PredictedValue)
    return [repr(attribute.name) for attribute in attributes if not attribute.implicit]


def _require_names(file: Path, columns: list[str]) -> None:
    """Raise where columns have names that no attribute can have; say how to give them others."""
    from modelgroups.errors import UserValueError
    from modelgroups.schema.columns import check_names, legal_names

    try:
        check_names(columns)
    except UserValueError as error:
        pairs = [f'--rename "{old}={new}"' for old, new in legal_names(columns).items()]
        how = f", as with {' '.join(pairs)}" if pairs else " with --rename COLUMN=NAME"
        raise UserValueError(f"{file}: {error}{how}") from error


def _with_equal_types(data: pd.DataFrame, truths: dict[str, str]) -> pd.DataFrame:
    """Make whole numbers fractions where the prediction or its truth is one: CSV has no types."""
    from pandas.api.types import is_float_dtype, is_integer_dtype

    types = data.dtypes
    pairs = [pair for pair in truths.items() if set(pair) <= set(data.columns)]
    mixed = [pair for pair in pairs if any(is_float_dtype(types[name]) for name in pair)]
    whole = [name for pair in mixed for name in pair if is_integer_dtype(types[name])]
    return data.astype(dict.fromkeys(whole, "float64"))


def _with_classes(
    predictions: dict[str, str], data: pd.DataFrame, ground_truth: str | None
) -> dict[str, Any]:
    """Return the map of `Model.build`, with classes as the column of the true class has them."""
    if ground_truth is None or ground_truth not in data.columns:
        return dict(predictions)
    by_text = {str(value): value for value in data[ground_truth].dropna().unique().tolist()}
    return {column: by_text.get(text, text) for column, text in predictions.items()}


def _tell(connection: Connection, model: Model, *, as_json: bool) -> None:
    from modelgroups.schema.attribute import sort_attributes
    from modelgroups.schema.implicit import with_implicit_attributes

    attributes = model.get_attributes()
    if model.id is None:
        attributes = sort_attributes(with_implicit_attributes(attributes, model.output_type))
    if as_json:
        schema = [attribute.to_dict() for attribute in attributes]
        number, group_id = model.version_sequence_num, model.model_group_id
        print_json({"id": model.id, "group_id": group_id, "number": number, "attributes": schema})
        return
    print_schema(attributes)
    if model.id is None:
        say("Nothing was saved")
    else:
        say(f"Saved {title_of(connection, model)}: {model.id}")
