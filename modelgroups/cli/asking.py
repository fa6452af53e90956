"""Commands that ask a version about what it has received."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from modelgroups.cli.application import Family, opened
from modelgroups.cli.names import find_version, spelling
from modelgroups.cli.output import print_frame, print_json, print_rows, print_table, say, time_text
from modelgroups.cli.parameters import AsJson, ByNames, Every, ModelName, Since, Until, every
from modelgroups.cli.telling import remark
from modelgroups.cli.versions import title_of
from modelgroups.drawing.texts import list_text, number_of_things
from modelgroups.types import AlertStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelgroups.alerts.rules import Alert, AlertRule
    from modelgroups.connection import Connection
    from modelgroups.model import Model

__all__ = ["alerts", "drift", "family", "metrics", "query"]

family = Family()

_MOST: Final = 1_000_000
_PSI: Final = "PSI"
_OF_THRESHOLDS: Final = (
    "Drifted is what has a PSI, of all of the time or of its worst day or batch, above the "
    "threshold beside it, up to which chance explains it"
)
_ALL: Final = "all"
_REFERENCE: Final = "reference"


class Status(StrEnum):
    """What alerts can be: about new ones nothing was done yet."""

    new = "new"
    acknowledged = AlertStatus.Acknowledged.value
    resolved = AlertStatus.Resolved.value


@family.command(
    "metrics 'Card fraud'",
    "metrics 'Card fraud@V1' AUC 'Inference Count' --every all --by country",
    "metrics 'Card fraud' --list",
)
def metrics(
    ctx: typer.Context,
    model: ModelName,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="METRIC", help="The default ones if none.")
    ] = None,
    interval: Every = "day",
    by: ByNames = None,
    since: Since = None,
    until: Until = None,
    known: Annotated[bool, typer.Option("--list", help="List the metrics that there are.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show metrics over time and by group."""
    with opened(ctx) as connection:
        version = find_version(connection, model)
        if not known:
            frame = version.metrics(
                names or None, since=since, until=until, by=by, every=every(interval)
            )
            print_frame(frame, as_json)
            _note_if_none(connection, version, since, until)
            return
        found = [
            {"name": each.name, "type": each.type, "default": each.is_default, "id": each.id}
            for each in version.get_metrics()
        ]
    if as_json:
        print_json(found)
    else:
        print_table(
            ["name", "type", "default"],
            [[each["name"], each["type"], each["default"]] for each in found],
        )


def _note_if_none(
    connection: Connection, version: Model, since: str | None, until: str | None
) -> None:
    """Say so where a version has no inferences in a time, and which versions have some."""
    if len(version.inferences(["partner_inference_id"], since=since, until=until, limit=1)):
        return
    summary = version.summary(attributes=False)
    if summary.first_timestamp and summary.last_timestamp:
        first, last = (
            time_text(datetime.fromisoformat(text))
            for text in (summary.first_timestamp, summary.last_timestamp)
        )
        remark(
            f"Note: {title_of(connection, version)} has no inferences then; they are from {first} "
            f"to {last}"
        )
        return
    group = connection.get_model_group(version)
    others = [
        f"{group.name}{spelling(each)} has {number_of_things(n_inferences, 'inference')}"
        for each in group.list_versions()
        if (n_inferences := each.summary(attributes=False).n_inferences)
    ]
    hint = f"; {list_text(others)}" if others else ""
    remark(f"Note: {title_of(connection, version)} has no inferences yet{hint}")


@family.command(
    "drift 'Card fraud'",
    "drift 'Card fraud' amount --metric JSDivergence --every day",
    "drift 'Card fraud#2' --against V1 --json",
)
def drift(
    ctx: typer.Context,
    model: ModelName,
    attributes: Annotated[
        list[str] | None, typer.Argument(metavar="ATTRIBUTE", help="All if none.")
    ] = None,
    metric: Annotated[str, typer.Option(help="PSI, JSDivergence, HypothesisTest, …")] = _PSI,
    interval: Every = _ALL,
    by: ByNames = None,
    against: Annotated[
        str, typer.Option(metavar="VERSION", help="Another version, by its label or id.")
    ] = _REFERENCE,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Show which attributes drifted from reference data beyond chance; or values of a metric.

    PSI over all of the time and in the worst day or batch, each beside the threshold up to
    which chance explains it. With another --metric, --every, --by or --against: the values alone.
    """
    names = attributes or None
    with opened(ctx) as connection:
        version = find_version(connection, model)
        if (metric, interval, by or None, against) == (_PSI, _ALL, None, _REFERENCE):
            frame = version.drifted(names, since=since, until=until)
            print_frame(frame, as_json, one_by_one=False)
            if not as_json and frame["drifted"].notna().any():
                say(_OF_THRESHOLDS)
        else:
            frame = version.drift(
                names, metric, every(interval), by, against, since=since, until=until
            )
            print_frame(frame, as_json, name="attribute", value=metric)
        _note_if_none(connection, version, since, until)


@family.command(
    "query 'Card fraud' question.json",
    """query 'Card fraud' - <<< '{"select": [{"function": "count"}]}'""",
)
def query(
    ctx: typer.Context,
    model: ModelName,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON; - is standard input.")],
    kind: Annotated[
        str, typer.Option("--type", help="base, drift or drift_psi_bucket_table.")
    ] = "base",
    as_json: AsJson = False,
) -> None:
    """Answer a query in the query language."""
    body = _body(file)
    with opened(ctx) as connection:
        rows = find_version(connection, model).query(body, kind)
    if as_json:
        print_json(rows)
    else:
        print_rows(rows)


def _body(file: str) -> Any:
    """Return what a file, or standard input, asks.

    Raises
    ------
    UserValueError
        It is not JSON.
    """
    from modelgroups.errors import UserValueError

    name = "standard input" if file == "-" else file
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        return json.loads(text)
    except ValueError as error:  # of JSON, of UTF-8
        raise UserValueError(f"{name} is not JSON: {error}") from error
    except RecursionError as error:
        raise UserValueError(f"{name} is nested too deeply for a query") from error


@family.command(
    "alerts 'Card fraud'", "alerts 'Card fraud' --status new --json", "alerts 'Card fraud' --rules"
)
def alerts(
    ctx: typer.Context,
    model: ModelName,
    status: Annotated[Status | None, typer.Option(help="Only those of this status.")] = None,
    since: Since = None,
    until: Until = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="List the rules, and not what they have raised.")
    ] = False,
    each: Annotated[
        bool, typer.Option("--each", help="List every alert, not a line for each rule.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what each rule has raised; or every alert, the latest first; or the rules.

    In JSON it is every alert.
    """
    if rules and (status or since or until or each):
        raise typer.BadParameter(
            "--status, --since, --until and --each are of alerts, not of --rules"
        )
    with opened(ctx) as connection:
        version = find_version(connection, model)
        if rules:
            _print_rules(version.get_alert_rules(page_size=_MOST), as_json)
            return
        found = version.get_alerts(page_size=_MOST, status=status, start_time=since, end_time=until)
    if as_json:
        print_json([alert.to_dict() for alert in found])
    elif found:
        _print_alerts(found, each)
    else:
        say("No alerts")


def _print_alerts(found: Sequence[Alert], each: bool) -> None:
    from modelgroups.alerts.listed import Raised, raised_by_rule

    if each:
        rows = [[alert.alert_rule.severity, alert.status, alert.message] for alert in found]
        print_table(["severity", "status", "alert"], rows)
    else:
        print_table(Raised.HEADS, [raised.cells for raised in raised_by_rule(found)])


def _print_rules(found: Sequence[AlertRule], as_json: bool) -> None:
    if as_json:
        print_json([rule.to_dict() for rule in found])
    elif found:
        from modelgroups.alerts.listed import BY_CHANCE, RulePage

        print_table(RulePage.HEADS, RulePage(found).rows())
        if any(rule.confidence is not None for rule in found):
            say(
                f"{BY_CHANCE}: each window has a threshold of its own, which as many rows drawn "
                "from the reference data stay below with the confidence; its alert tells it"
            )
    else:
        say("No rules: the default ones are made once there are reference data and inferences")
