"""Commands for deployments: bringing a version in, watching how it does, ending it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelgroups.cli.application import Family, confirm, opened
from modelgroups.cli.names import find_group, find_version, version_in
from modelgroups.cli.output import print_fields, print_json, print_rows, say
from modelgroups.cli.parameters import AsJson, At, GroupName, ModelName, Reason, Yes
from modelgroups.cli.versions import title_of

if TYPE_CHECKING:
    from modelgroups.experiments.deployment import Deployment
    from modelgroups.group import ModelGroup

__all__ = ["family"]

family = Family(
    "deploy",
    "Bring a version in: at once, or by A/B test, canary or shadow.",
    "deploy canary 'Card fraud@V2' --guardrail 'Accuracy Rate=0.02'",
    "deploy evaluate 'Card fraud'",
    "deploy advance 'Card fraud'",
    "deploy conclude 'Card fraud'",
)

Weights = Annotated[
    list[str], typer.Argument(metavar="VERSION=SHARE...", help="The share of each version.")
]
Guardrails = Annotated[
    list[str] | None,
    typer.Option("--guardrail", metavar="METRIC=TOLERANCE",
                 help="By how much a metric may be worse; repeatable."),
]  # fmt: skip
Metric = Annotated[str | None, typer.Option(help="What is to improve.")]
Confidence = Annotated[float, typer.Option(help="Of all tests together.")]
Planned = Annotated[
    int | None, typer.Option(help="After how many inferences to keep the baseline all the same.")
]
Salt = Annotated[str | None, typer.Option(help="What sets this division of keys apart.")]


@family.command("deploy replace 'Card fraud@V2' --reason 'the other one leaks'")
def replace(ctx: typer.Context, model: ModelName, reason: Reason = None, at: At = None) -> None:
    """Give all traffic to a version at once, and make it the champion."""
    with opened(ctx) as connection:
        version = find_version(connection, model)
        group = connection.get_model_group(version)
        group.deploy.replace(version, reason=reason, at=at)
        say(f"champion is {title_of(connection, version)}")


@family.command(
    "deploy ab 'Card fraud' V1=0.5 V2=0.5 --metric AUC",
    "deploy ab 'Card fraud' champion=0.9 '#3=0.1' --guardrail 'Accuracy Rate=0.02'",
)
def ab(
    ctx: typer.Context,
    group: GroupName,
    weights: Weights,
    metric: Metric = None,
    guardrail: Guardrails = None,
    confidence: Confidence = 0.95,
    planned: Planned = None,
    salt: Salt = None,
    reason: Reason = None,
    at: At = None,
) -> None:
    """Divide traffic among versions to find out which is best."""
    options = _watched(metric, guardrail, confidence, planned, reason, at)
    with opened(ctx) as connection:
        found = find_group(connection, group)
        _say(found.deploy.ab(_weights(found, weights), salt=salt, **options))


@family.command(
    "deploy canary 'Card fraud@V2' --guardrail 'Accuracy Rate=0.02'",
    "deploy canary 'Card fraud@V2' --guardrail AUC=0.01 --step 0.1 --step 0.5 --step 1",
)
def canary(
    ctx: typer.Context,
    model: ModelName,
    guardrail: Guardrails = None,
    step: Annotated[
        list[float] | None,
        typer.Option(metavar="SHARE", help="1 %, 5 %, 25 %, all if none is given; repeatable."),
    ] = None,
    metric: Metric = None,
    confidence: Confidence = 0.95,
    planned: Planned = None,
    salt: Salt = None,
    reason: Reason = None,
    at: At = None,
) -> None:
    """Let a version take over step by step, while guardrails hold."""
    options = _watched(metric, guardrail, confidence, planned, reason, at)
    if step:
        options["steps"] = step
    with opened(ctx) as connection:
        version = find_version(connection, model)
        group = connection.get_model_group(version)
        _say(group.deploy.canary(version, salt=salt, **options))


@family.command("deploy shadow 'Card fraud@V2' --metric AUC")
def shadow(
    ctx: typer.Context,
    model: ModelName,
    metric: Metric = None,
    guardrail: Guardrails = None,
    confidence: Confidence = 0.95,
    planned: Planned = None,
    reason: Reason = None,
    at: At = None,
) -> None:
    """Let a version see what the champion sees, and answer nobody."""
    options = _watched(metric, guardrail, confidence, planned, reason, at)
    with opened(ctx) as connection:
        version = find_version(connection, model)
        _say(connection.get_model_group(version).deploy.shadow(version, **options))


@family.command("deploy list 'Card fraud'", "deploy list 'Card fraud' --json", name="list")
def list_(ctx: typer.Context, group: GroupName, as_json: AsJson = False) -> None:
    """List all deployments of a group, oldest first."""
    with opened(ctx) as connection:
        records = list(map(_record, find_group(connection, group).deploy.history()))
    if as_json:
        print_json(records)
        return
    shown = ("kind", "state", "weights", "shadow", "started", "ended", "id")
    print_rows([{name: _told(name, each[name]) for name in shown} for each in records])


@family.command("deploy show 'Card fraud'", "deploy show 'Card fraud' --json")
def show(ctx: typer.Context, group: GroupName, as_json: AsJson = False) -> None:
    """Show the live deployment of a group."""
    with opened(ctx) as connection:
        record = _record(_live(find_group(connection, group)))
    if as_json:
        print_json(record)
        return
    kept = {name: value for name, value in record.items() if value not in ([], {})}
    print_fields({name.replace("_", " "): _told(name, value) for name, value in kept.items()})


@family.command("deploy route 'Card fraud' customer-17 customer-19 --json")
def route(
    ctx: typer.Context,
    group: GroupName,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="What is routed by.")],
    as_json: AsJson = False,
) -> None:
    """Say which version answers each key."""
    with opened(ctx) as connection:
        versions = _live(find_group(connection, group)).route_many(keys)
    rows = [{"key": key, "version": name} for key, name in zip(keys, versions, strict=True)]
    print_json(rows) if as_json else print_rows(rows)


@family.command("deploy evaluate 'Card fraud'", "deploy evaluate 'Card fraud' --json")
def evaluate(ctx: typer.Context, group: GroupName, at: At = None, as_json: AsJson = False) -> None:
    """Say what was found, and what is to be done.

    A guardrail that is broken aborts the deployment.
    """
    with opened(ctx) as connection:
        live = _live(find_group(connection, group))
        found = live.evaluate(at=at)
        print_json(found.to_dict() | {"state": live.state}) if as_json else say(repr(found))
        if live.state != "live" and not as_json:
            _say(live)


@family.command(
    "deploy advance 'Card fraud'", "deploy advance 'Card fraud' --override --reason 'quiet days'"
)
def advance(
    ctx: typer.Context,
    group: GroupName,
    override: Annotated[
        bool, typer.Option("--override", help="Though it is not known yet whether they hold.")
    ] = False,
    reason: Reason = None,
    at: At = None,
) -> None:
    """Go to the next step of a canary, if its guardrails hold."""
    with opened(ctx) as connection:
        live = _live(find_group(connection, group))
        _say(live.advance(override=override, reason=reason, at=at))


@family.command("deploy reweight 'Card fraud' V1=0.25 V2=0.75")
def reweight(
    ctx: typer.Context, group: GroupName, weights: Weights, reason: Reason = None, at: At = None
) -> None:
    """Divide the traffic of an A/B test anew."""
    with opened(ctx) as connection:
        found = find_group(connection, group)
        _say(_live(found).reweight(_weights(found, weights), reason=reason, at=at))


@family.command("deploy abort 'Card fraud' --reason 'too slow' --yes")
def abort(
    ctx: typer.Context, group: GroupName, reason: Reason = None, at: At = None, yes: Yes = False
) -> None:
    """End it; all traffic goes back to the baseline."""
    with opened(ctx) as connection:
        found = find_group(connection, group)
        live = _live(found)
        confirm(f"Abort the {live.kind} of {found.name!r}?", yes)
        _say(live.abort(reason=reason, at=at))


@family.command(
    "deploy conclude 'Card fraud'",
    "deploy conclude 'Card fraud' --promote V2 --reason 'cheaper' --yes",
    "deploy conclude 'Card fraud' --keep",
)
def conclude(
    ctx: typer.Context,
    group: GroupName,
    promote: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Make this one the champion.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the baseline.")] = False,
    reason: Reason = None,
    at: At = None,
    yes: Yes = False,
) -> None:
    """End it, and make the winner the champion.

    The winner is the one that it decides for, or the one that you name.
    """
    if keep and promote is not None:
        raise typer.BadParameter("give --promote or --keep, not both")
    with opened(ctx) as connection:
        found = find_group(connection, group)
        live = _live(found)
        winner: Any = ...
        if keep or promote is not None:
            winner = None if promote is None else version_in(found, promote)
        confirm(f"Conclude the {live.kind} of {found.name!r}?", yes)
        _say(live.conclude(promote=winner, reason=reason, at=at))
        champion = found.champion()
        if champion is not None:
            say(f"champion is {title_of(connection, champion)}")


def _live(group: ModelGroup) -> Deployment:
    from modelgroups.errors import NotFoundError

    found = group.deploy.live()
    if found is None:
        raise NotFoundError(
            f"the group {group.name!r} has no live deployment; 'modelgroups deploy --help' shows "
            "how to start one"
        )
    return found


def _weights(group: ModelGroup, given: Sequence[str]) -> dict[int | str, float]:
    """Return the weights of versions, by what the library calls them."""
    weights: dict[int | str, float] = {}
    for name, share in _assigned(given, "VERSION=SHARE").items():
        version = version_in(group, name)
        key = version.version_label or version.version_sequence_num
        if key is None or key in weights:
            raise typer.BadParameter(f"{name!r} is named twice")
        weights[key] = share
    return weights


def _assigned(given: Sequence[str], form: str) -> dict[str, float]:
    """Return the numbers that are given to names.

    >>> _assigned(["V1=0.5", "a=b=0.25"], "VERSION=SHARE")
    {'V1': 0.5, 'a=b': 0.25}
    """
    found: dict[str, float] = {}
    for text in given:
        name, sign, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            sign = ""
            value = 0.0
        if not sign or not name:
            raise typer.BadParameter(f"{text!r} is not of the form {form}")
        if name in found:
            raise typer.BadParameter(f"{name!r} is named twice")
        found[name] = value
    return found


def _watched(
    metric: str | None,
    guardrails: Sequence[str] | None,
    confidence: float,
    planned: int | None,
    reason: str | None,
    at: str | None,
) -> dict[str, Any]:
    """Return the options that ways to deploy share."""
    return {
        "metric": metric,
        "guardrails": _assigned(guardrails or [], "METRIC=TOLERANCE"),
        "confidence": confidence,
        "planned": planned,
        "reason": reason,
        "at": at,
    }


def _record(deployment: Deployment) -> dict[str, Any]:
    """Return what a deployment is, as plain JSON."""
    n_failures, last_failure = deployment.failures
    return {
        "id": deployment.id,
        "kind": deployment.kind,
        "state": deployment.state,
        "weights": deployment.weights,
        "shadow": deployment.shadow,
        "metric": deployment.metric,
        "guardrails": deployment.guardrails,
        "steps": deployment.steps,
        "step": deployment.step if deployment.steps else None,
        "failures": n_failures,
        "last_failure": last_failure,
        "started": deployment.created_at,
        "ended": deployment.concluded_at,
    }


def _told(name: str, value: Any) -> Any:
    """Return a field of a record as a table shows it."""
    if isinstance(value, dict):
        return _shares(value)
    if name in {"started", "ended"} and value is not None:
        return datetime.fromisoformat(value)
    if name == "steps":
        return ", ".join(f"{share:.4g}" for share in value)
    return value[:8] if name == "id" else value


def _shares(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.4g}" for name, share in shares.items())


def _say(deployment: Deployment) -> None:
    shadow = "" if deployment.shadow is None else f", shadow {deployment.shadow}"
    say(f"{deployment.kind} is {deployment.state}: {_shares(deployment.weights)}{shadow}")
