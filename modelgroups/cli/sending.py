"""Commands for what a version receives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelgroups.cli.application import Family, opened
from modelgroups.cli.names import find_version
from modelgroups.cli.output import print_frame, print_json, print_json_rows, say
from modelgroups.cli.parameters import AsJson, ModelName, Rename, Since, Until
from modelgroups.cli.telling import printable, remark
from modelgroups.drawing.texts import list_text, number_of_things
from modelgroups.errors import ModelGroupsError, UserError, UserValueError

if TYPE_CHECKING:
    from modelgroups.model import Model

__all__ = ["compact", "family", "ground_truth", "inferences", "send"]

family = Family()

_MOST_FAULTS = 10
"""So many rows that failed are told one by one."""

_ROWS_SHOWN = 20
_ID = "partner_inference_id"

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Rows: .parquet, .csv or .json.")
]
Zone = Annotated[
    str | None,
    typer.Option("--tz", metavar="ZONE", help="Of times without one, such as Europe/Berlin."),
]


@family.command(
    "send 'Card fraud' monday.csv tuesday.csv",
    "send 'Card fraud@V1' export.parquet --new-ids --tz Europe/Berlin",
    "send Nightly march.parquet --batch 2026-03",
)
def send(
    ctx: typer.Context,
    model: ModelName,
    files: Files,
    batch: Annotated[str | None, typer.Option(metavar="ID", help="The batch of all rows.")] = None,
    keep_open: Annotated[
        bool, typer.Option("--open", help="More of the batch is to follow.")
    ] = False,
    new_ids: Annotated[
        bool, typer.Option("--new-ids", help="Make up ids for rows without one.")
    ] = False,
    rename: Rename = None,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Store what the model predicted, with or without the ground truth.

    Each file is taken in at one step; rows that fail are told one by one. A row has the names of
    attributes, and may have partner_inference_id, inference_timestamp, ground_truth_timestamp and
    batch_id. Sending it again under the same id stores it once.
    """
    with opened(ctx) as connection:
        version = find_version(connection, model)

        def store(source: dict[str, Any], path: Path) -> dict[str, Any]:
            if not new_ids:
                _require_ids(version, source)
            answer = version.send_bulk_inferences(
                batch,
                **source,
                complete_batch=not keep_open and path == files[-1],
                ignore_join_errors=new_ids,
            )[0]
            return answer | {"with": _brought(version, source)}

        _take_in(version, files, zone, dict(rename or ()), store, as_json=as_json)


@family.command("ground-truth 'Card fraud' outcomes.csv", name="ground-truth")
def ground_truth(
    ctx: typer.Context,
    model: ModelName,
    files: Files,
    rename: Rename = None,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Store what really happened, by partner_inference_id.

    It may come before its inference, and again: the latest ground_truth_timestamp holds.
    """
    with opened(ctx) as connection:
        version = find_version(connection, model)
        _take_in(
            version,
            files,
            zone,
            dict(rename or ()),
            lambda source, _: version.send_bulk_ground_truths(**source),
            as_json=as_json,
        )


def _take_in(
    version: Model,
    files: list[Path],
    zone: str | None,
    names: dict[str, str],
    store: Callable[[dict[str, Any], Path], dict[str, Any]],
    *,
    as_json: bool,
) -> None:
    """Store file after file; tell what became of each."""
    from modelgroups.cli.files import csv_types, kind_of, rows_of_file
    from modelgroups.inferences.times import as_zone
    from modelgroups.progress import progress

    as_zone(zone)  # raises where there is none of that name
    for path in files:
        kind_of(path)
    types = csv_types(version)
    told: list[dict[str, Any]] = []
    before = version.summary(attributes=False)
    try:
        for path in files:
            with (
                _about(path, zone),
                progress(f"Sending {printable(path.name)}", total=path.stat().st_size) as advance,
                rows_of_file(path, types, zone, advance, names) as source,
            ):
                answer = store(source, path)
            told.append({"file": str(path), **answer["counts"], "failures": answer["failures"][0]})
            before = version.summary(attributes=False)
            if not as_json:
                _tell(told[-1], answer.get("with", ""))
    except KeyboardInterrupt as interrupt:
        is_unchanged = version.summary(attributes=False) == before
        for path in files[len(told) : len(told) + 1]:
            interrupt.add_note(_interrupted_in(path, is_unchanged=is_unchanged))
        if told:
            interrupt.add_note(_kept(told))
        raise
    except ModelGroupsError:
        if told:
            remark(_kept(told))
        raise
    if as_json:
        print_json(told)
    if any(each["failure"] for each in told):
        raise typer.Exit(1)


def _require_ids(version: Model, source: dict[str, Any]) -> None:
    """Raise for a table without ids, unless the ground truth stands in it."""
    names = set(source["data"].schema.names) if "data" in source else {_ID}
    if _ID not in names and not names & _truths(version):
        raise UserValueError(
            f"there is no column {_ID}, by which ground truth could follow; --rename COLUMN={_ID} "
            "takes another column for it, and --new-ids makes ids up"
        )


def _truths(version: Model) -> set[str]:
    from modelgroups.types import Stage

    return {
        attribute.name
        for stage in (Stage.GroundTruth, Stage.GroundTruthClass)
        for attribute in version.get_attributes(stage)
    }


def _brought(version: Model, source: dict[str, Any]) -> str:
    """Return what came with the rows of a table, as the end of a sentence."""
    if "data" not in source:
        return ""
    names = set(source["data"].schema.names)
    there = {
        "ids": _ID in names,
        "times": "inference_timestamp" in names,
        "ground truth": bool(names & _truths(version)),
    }
    told = {
        "with": [what for what, is_there in there.items() if is_there],
        "without": [what for what, is_there in there.items() if not is_there],
    }
    phrases = [f"{word} {list_text(some)}" for word, some in told.items() if some]
    return f" ({', '.join(phrases)})"


@contextmanager
def _about(path: Path, zone: str | None) -> Iterator[None]:
    """Say of an error which file it is about, in the words of the command line."""
    try:
        yield
    except UserError as error:
        text = str(getattr(error, "detail", error)).removeprefix("the Arrow data: ")
        about = "" if text.startswith(str(path)) else f"{path}: "
        hint = "; --tz names the zone of such times" if not zone and "_timestamp" in text else ""
        if "no attribute " in text:
            hint = (
                "; --rename COLUMN=NAME gives a column of the file the name of an attribute, or "
                f"{_ID}, inference_timestamp, ground_truth_timestamp or batch_id"
            )
        raise UserValueError(f"{about}{text}{hint}") from error


def _tell(answer: dict[str, Any], brought: str) -> None:
    failed = f", {answer['failure']:,} failed" if answer["failure"] else ""
    say(f"{answer['file']}: {number_of_things(answer['success'], 'row')} stored{failed}{brought}")
    for fault in answer["failures"][:_MOST_FAULTS]:
        remark(f"{answer['file']}, row {fault['row'] + 1}: {fault['message']}")
    if len(answer["failures"]) > _MOST_FAULTS:
        remark("… --json has more of them")


def _interrupted_in(path: Path, *, is_unchanged: bool) -> str:
    """Return what became of the file that was being sent; it is stored in one step."""
    kept = "nothing of it is kept" if is_unchanged else "it is kept wholly or not at all"
    return f"Interrupted in {path}: {kept}; it can be sent again"


def _kept(told: list[dict[str, Any]]) -> str:
    """Return what was kept of a send that broke off."""
    return f"Kept: {', '.join(each['file'] for each in told)}"


@family.command(
    "inferences 'Card fraud' --limit 5",
    "inferences 'Card fraud' --column amount --column p_fraud --since 2026-03-01 --json",
)
def inferences(
    ctx: typer.Context,
    model: ModelName,
    column: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this one; repeatable.")
    ] = None,
    since: Since = None,
    until: Until = None,
    batch: Annotated[str | None, typer.Option(metavar="ID", help="Of this batch.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help=f"So many at most; {_ROWS_SHOWN}, and with --json all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show inferences, with the ground truth beside them."""
    with opened(ctx) as connection:
        version = find_version(connection, model)
        options: dict[str, Any] = {"since": since, "until": until, "batch_id": batch}
        if as_json:
            import pyarrow as pa

            from modelgroups.inferences.show import rows_of

            batches = version.inference_batches(column, limit=limit, **options)
            print_json_rows(rows_of(pa.Table.from_batches([batch])) for batch in batches)
            return
        most = _ROWS_SHOWN if limit is None else limit
        frame = version.inferences(column, limit=most + 1, **options)
        print_frame(frame.head(most), as_json=False)
        if len(frame) > most:
            say(f"The first {most}; --limit shows more")


@family.command("compact 'Card fraud'")
def compact(ctx: typer.Context, model: ModelName) -> None:
    """Bring the log of a version into few files, without what was deleted."""
    with opened(ctx) as connection:
        say(str(find_version(connection, model).compact()))
