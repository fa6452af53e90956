"""Commands for the versions of a group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelgroups.cli import completing
from modelgroups.cli.application import Family, confirm, opened
from modelgroups.cli.names import find_group, find_version, version_in
from modelgroups.cli.output import print_fields, print_json, print_table, say
from modelgroups.cli.parameters import AsJson, ByNames, GroupName, ModelName, Since, Until, Yes
from modelgroups.types import Stage

if TYPE_CHECKING:
    from modelgroups.connection import Connection
    from modelgroups.experiments.comparison import Comparison
    from modelgroups.group import ModelGroup
    from modelgroups.model import Model
    from modelgroups.schema.attribute import Attribute

__all__ = [
    "archive",
    "compare",
    "family",
    "print_schema",
    "restore",
    "review",
    "show",
    "title_of",
    "versions",
]

family = Family()

WholeGroup = Annotated[
    bool, typer.Option("--group", help="NAME is a group: with all its versions.")
]
VersionOrGroup = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A version; with --group, a group.",
        autocompletion=completing.models,
    ),
]


@family.command("versions 'Card fraud'", "versions 'Card fraud' --archived --json")
def versions(
    ctx: typer.Context,
    group: GroupName,
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the versions of a group, newest first."""
    with opened(ctx) as connection:
        found = find_group(connection, group).list_versions(include_archived=archived)
        records = [_record(version) for version in found]
    if as_json:
        print_json(records)
        return
    shown = ("number", "label", "saved", "status", "id", "description")
    rows = [each | {"saved": _moment(each["saved"]), "id": each["id"][:8]} for each in records]
    print_table(shown, [[row[name] for name in shown] for row in rows])


@family.command("show 'Card fraud'", "show 'Card fraud@V1'", "show 'Card fraud#2' --json")
def show(ctx: typer.Context, model: ModelName, as_json: AsJson = False) -> None:
    """Show what a version is, and how much it has received."""
    with opened(ctx) as connection:
        version = find_version(connection, model, include_archived=True)
        summary = version.summary(attributes=False)
        attributes = version.get_attributes()
        n_implicit = sum(attribute.implicit for attribute in attributes)
        group = connection.get_model_group(version)
        record = {"group": group.name} | _record(version)
        record |= {
            "attributes": len(attributes) - n_implicit,
            "implicit_attributes": n_implicit,
            "inferences": summary.n_inferences,
            "first_inference": summary.first_timestamp,
            "last_inference": summary.last_timestamp,
            "ground_truths": summary.n_ground_truths,
            "ground_truths_waiting": summary.n_waiting,
            "batches": summary.n_batches,
        }
    if as_json:
        print_json(record)
    else:
        moments = ("saved", "first_inference", "last_inference")
        record |= {name: _moment(record[name]) for name in moments}
        print_fields({name.replace("_", " "): value for name, value in record.items()})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@family.command("review 'Card fraud'", "review 'Card fraud@V1' --stage PIPELINE_INPUT --json")
def review(
    ctx: typer.Context,
    model: ModelName,
    stage: Annotated[
        Stage | None,
        typer.Option(case_sensitive=False, metavar="STAGE", help="Only attributes of this stage."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the schema of a version, a line for each attribute."""
    with opened(ctx) as connection:
        version = find_version(connection, model, include_archived=True)
        if as_json:
            print_json([attribute.to_dict() for attribute in version.get_attributes(stage)])
        else:
            print_schema(version.get_attributes(stage))


def print_schema(attributes: Sequence[Attribute]) -> None:
    """Print a line for each attribute."""
    rows = [(each.name, str(each.stage), _type(each), _values(each)) for each in attributes]
    print_table(["attribute", "stage", "type", "values"], rows)


def _type(attribute: Attribute) -> str:
    """Return the type of an attribute, and whether nobody declared it."""
    return f"{attribute.value_type}, implicit" if attribute.implicit else attribute.value_type


def _values(attribute: Attribute) -> str | None:
    """Return what values an attribute has: its categories, or its range."""
    if attribute.categories:
        from modelgroups.schema.attribute import as_categories

        return ", ".join(
            f"{each.value} ({each.label})" if each.label else each.value
            for each in as_categories(attribute.categories) or ()
        )
    if attribute.min_range is None and attribute.max_range is None:
        return None
    return f"{attribute.min_range} to {attribute.max_range}"


@family.command(
    "compare 'Card fraud' V1 V2",
    "compare 'Card fraud' '#1' '#2' --metric AUC --by country --json",
)
def compare(
    ctx: typer.Context,
    group: GroupName,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="VERSION VERSION...",
            help="Labels, aliases, #numbers or ids.",
            autocompletion=completing.versions,
        ),
    ],
    metric: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this metric; repeatable.")
    ] = None,
    by: ByNames = None,
    since: Since = None,
    until: Until = None,
    confidence: Annotated[float, typer.Option(help="Of intervals and verdicts.")] = 0.95,
    as_json: AsJson = False,
) -> None:
    """Say which version is better, on what, and how sure that is."""
    if len(names) < 2:
        raise typer.BadParameter("name two versions or more", param_hint="VERSION")
    with opened(ctx) as connection:
        found = find_group(connection, group)
        comparison = found.compare(
            *(version_in(found, name, include_archived=True) for name in names),
            metrics=metric or None,
            since=since,
            until=until,
            by=by,
            confidence=confidence,
        )
    if as_json:
        print_json(comparison.to_dict())
    else:
        _print_comparison(comparison)


def _print_comparison(comparison: Comparison) -> None:
    from modelgroups.experiments.wording import number_text, p_text, subject_of_line

    say(comparison.sentence)
    say("")
    first, *others = comparison.versions
    has_several = len(others) > 1
    rows = [
        (
            subject_of_line(line),
            *([line.other] if has_several else []),
            number_text(line.effect.first),
            number_text(line.effect.other),
            number_text(line.effect.difference, signed=True),
            p_text(line.p_corrected),
            comparison.verdict(line) or None,
        )
        for line in comparison.lines
    ]
    theirs = ["version", first, "its"] if has_several else [first, others[0]]
    print_table(["metric", *theirs, "difference", "p", "verdict"], rows)
    for note in comparison.notes:
        say(note)


@family.command("archive 'Card fraud@V1'", "archive 'Card fraud' --group --yes")
def archive(
    ctx: typer.Context, name: VersionOrGroup, group: WholeGroup = False, yes: Yes = False
) -> None:
    """Hide a version, or a whole group; nothing is lost, and restore brings it back."""
    with opened(ctx) as connection:
        found, title = _named(connection, name, group, include_archived=False)
        confirm(f"Archive {title}?", yes)
        found.archive()
    say(f"Archived {title}")


@family.command("restore 'Card fraud@V1'", "restore 'Card fraud' --group")
def restore(ctx: typer.Context, name: VersionOrGroup, group: WholeGroup = False) -> None:
    """Bring an archived version, or a whole group, back."""
    with opened(ctx) as connection:
        found, title = _named(connection, name, group, include_archived=True)
        found.restore()
    say(f"Restored {title}")


def _named(
    connection: Connection, name: str, is_group: bool, *, include_archived: bool
) -> tuple[Model | ModelGroup, str]:
    if is_group:
        group = find_group(connection, name)
        return group, f"the group {group.name!r} with all its versions"
    version = find_version(connection, name, include_archived=include_archived)
    return version, title_of(connection, version)


def title_of(connection: Connection, version: Model) -> str:
    """Return what a version is called in a sentence."""
    group = connection.get_model_group(version).name
    label = "" if version.version_label is None else f" ({version.version_label})"
    return f"version {version.version_sequence_num}{label} of {group!r}"


def _record(version: Model) -> dict[str, Any]:
    """Return what a version is, as plain JSON."""
    return {
        "number": version.version_sequence_num,
        "label": version.version_label,
        "id": version.id,
        "group_id": version.model_group_id,
        "name": version.display_name,
        "partner_model_id": version.partner_model_id,
        "description": version.description,
        "tags": version.tags or None,
        "input_type": str(version.input_type),
        "output_type": str(version.output_type),
        "classifier_threshold": version.classifier_threshold,
        "is_batch": version.is_batch,
        "status": str(version.status),
        "saved": version.created_at,
    }
