"""Running a base query: the body, its subqueries, and the rows that they are asked of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from modelgroups.errors import MethodNotApplicableError, UnexpectedError, UserValueError
from modelgroups.inferences.read import Selection
from modelgroups.inferences.times import micros
from modelgroups.progress import progress
from modelgroups.query.compile import Compiler, Relation, finished
from modelgroups.query.engines.base import Engine, FileGoneError, NotInEngineError
from modelgroups.query.enriched import (
    ENRICHED,
    Wanted,
    absent_columns,
    held_columns,
    shaped,
    wanted_of,
)
from modelgroups.query.faults import Faults
from modelgroups.query.library.registry import Kind, known
from modelgroups.query.names import ORDER, column_name
from modelgroups.query.row_makers import split
from modelgroups.query.scan import scan
from modelgroups.query.source import available, load
from modelgroups.query.subject import Subject
from modelgroups.query.tree import Body, Condition, parse_body
from modelgroups.types import ValueType

__all__ = ["run_base", "selection_of"]


def run_base(subject: Subject, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the answer of a base query.

    Raises
    ------
    UserValueError
        Lists every fault of the body, with its path.
    MethodNotApplicableError
        The engine lacks what a function needs.
    """
    tree = parse_body(body)
    with progress("Answering the query"), _told(subject.engine, tree):
        try:
            with ExitStack() as scanned:
                return _answer(subject, tree, scanned)
        except FileGoneError:
            return _answer(subject, tree, None)


@contextmanager
def _told(engine: Engine, body: Body) -> Iterator[None]:
    """Translate what an engine raises where it cannot answer a query."""
    try:
        yield
    except NotInEngineError as error:
        functions = ", ".join(sorted(set(_functions(body.model_dump())))) or "this query"
        raise MethodNotApplicableError(
            f"the engine {engine.name} cannot compute {functions}: {error}; open the registry "
            "with the default engine to ask for it"
        ) from error
    except FileGoneError as error:
        raise UnexpectedError(f"the engine {engine.name} met a bad file: {error}") from error


def _functions(value: Any) -> Iterator[str]:
    """Yield the names of the functions in a part of a body."""
    if isinstance(value, Mapping):
        if isinstance(value.get("function"), str):
            yield value["function"]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _functions(each)


def _answer(subject: Subject, body: Body, scanned: ExitStack | None) -> list[dict[str, Any]]:
    """Return the answer; files are read where they lie while `scanned` is open, if there is one."""
    faults = Faults()
    relation, keys = _compiled(subject, body, faults, "", scanned)
    faults.raise_if_any()
    assert relation is not None  # noqa: S101  # without faults there is one
    return finished(relation, keys, subject.engine)


def _compiled(
    subject: Subject, body: Body, faults: Faults, path: str, scanned: ExitStack | None
) -> tuple[Relation | None, list[str]]:
    parts = split(subject, body, faults, path)
    if parts is not None:
        found = _relation(subject, parts.inner, faults, path, scanned, inner=False)
        if found is None:
            return None, []
        compiler = Compiler(subject, parts.outer, parts.spread(found[0]), faults, path)
        return compiler.compile(), compiler.keys
    made = _relation(subject, body, faults, path, scanned, inner=path != "")
    return made or (None, [])


def _relation(
    subject: Subject,
    body: Body,
    faults: Faults,
    path: str,
    scanned: ExitStack | None,
    *,
    inner: bool,
) -> tuple[Relation, list[str]] | None:
    """Return the rows that answer a body over its source, or None where it has faults."""
    if body.subquery is None:
        source = _source(subject, body, scanned)
    else:
        below = f"{path}.subquery" if path else "subquery"
        found, keys = _compiled(subject, body.subquery, faults, below, scanned)
        if found is None:
            return None
        source = _as_source(found, keys, subject.engine)
    compiler = Compiler(subject, body, source, faults, path)
    relation = compiler.compile(inner=inner)
    return None if relation is None else (relation, compiler.keys)


def _as_source(relation: Relation, keys: list[str], engine: Engine) -> Relation:
    """Return the answer of a subquery as rows to ask; what must be finished is finished first."""
    import pyarrow as pa

    from modelgroups.query.engines.memory import memory_table

    if not relation.finish:
        return relation
    rows = finished(relation, keys, engine)
    columns = {column_name(key): pa.array([row[key] for row in rows]) for key in keys}
    table = pa.table(columns | {ORDER: pa.array(range(len(rows)), pa.int64())})
    return Relation(memory_table(table), relation.grouped)


def _source(subject: Subject, body: Body, scanned: ExitStack | None) -> Relation:
    wanted = wanted_of(subject, body)
    source = body.source or ("enriched" if wanted else "inference")
    columns = available(subject, source)
    names = _names_needed(subject, body, columns)
    narrowed = selection_of(subject, [condition for _, condition in body.conditions])
    known, beside, has_scores = tuple(columns), frozenset[str](), None
    if source == "enriched":
        known += tuple(name for name in ENRICHED if name not in columns)
    if source == "enriched" and wanted:
        table, has_scores = _enriched(subject, names, narrowed, wanted, scanned)
        beside = wanted.names
    else:
        table = None
        if scanned is not None and source != "reference":
            table = scan(subject, source, names, narrowed, scanned)
        if table is None:
            table = _loaded(subject, source, names, narrowed)
    boxes = {
        name
        for name in columns
        if (a := columns[name].attribute) is not None and a.value_type == ValueType.BoundingBox
    }
    return Relation(table, None, frozenset(boxes), {}, known, beside, has_scores)


def _enriched(
    subject: Subject,
    names: list[str],
    selection: Selection,
    wanted: Wanted,
    scanned: ExitStack | None,
) -> tuple[Any, bool]:
    """Return enriched rows, and whether there are explanations."""
    from modelgroups.query.engines.memory import memory_table

    held = held_columns(subject)
    parts = subject.recipient.layout.explanations
    explained = {p.column for p in parts} | {p.tokens_column for p in parts if p.has_tokens}
    has_scores = subject.is_explained or not held.isdisjoint(explained)
    asked = [column for column in wanted.columns(parts) if column in held]
    table = None
    if not asked and not wanted.multiplies and scanned is not None:
        table = scan(subject, "enriched", names, selection, scanned)  # nothing else to be joined
    if table is not None:
        return table.mutate(**absent_columns(wanted)), has_scores
    if wanted.tokens is not None and "inference_id" not in names:
        names = [*names, "inference_id"]
    read = load(subject, "enriched", names, selection, asked)
    return memory_table(shaped(subject, read, names, wanted)), has_scores


def _loaded(subject: Subject, source: str, names: list[str], selection: Selection) -> Any:
    from modelgroups.query.engines.memory import memory_table

    table = load(subject, source, names, selection)
    names = [n if n == ORDER else column_name(n) for n in table.column_names]
    return memory_table(table.rename_columns(names))


def _names_needed(subject: Subject, body: Body, columns: Iterable[str]) -> list[str]:
    """Return the columns of a source that a body may read: those that it mentions anywhere."""
    mentioned: set[str] = set()
    evaluates = False
    stack: list[Any] = [body.model_dump(exclude={"subquery"})]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            mentioned.add(value)
        elif isinstance(value, Mapping):
            function = known(str(value.get("function")))
            evaluates |= function is not None and function.kind is Kind.EVALUATION
            stack += value.values()
        elif isinstance(value, list | tuple):
            stack += value
    if "*" in mentioned:
        return list(columns)
    if evaluates:
        attributes = [*subject.predicted(), *subject.truths()]
        mentioned.update(attribute.name for attribute in attributes)
        mentioned.update(n for n in columns if any(n.startswith(f"{a.name}_") for a in attributes))
    return [name for name in columns if name in mentioned or _is_box_of(name, mentioned)]


def _is_box_of(name: str, mentioned: set[str]) -> bool:
    return "." in name and name.partition(".")[0] in mentioned


def selection_of(subject: Subject, conditions: Iterable[Condition]) -> Selection:
    """Return what of the log can matter, by conditions that all rows must fulfil."""
    since = until = None
    batches: list[str] | None = None
    for condition in conditions:
        name, comparator, value = condition.property, condition.comparator, condition.value
        if name == "inference_timestamp" and isinstance(value, str):
            moment = _moment(value)
            if moment is not None and comparator in ("gt", "gte"):
                since = moment if since is None else max(since, moment)
            if moment is not None and comparator in ("lt", "lte"):
                until = moment + 1 if until is None else min(until, moment + 1)
        if name == "batch_id" and comparator == "eq" and isinstance(value, str):
            batches = [value]
    return Selection(
        since=since, until=until, batch_ids=batches if subject.recipient.is_batch else None
    )


def _moment(text: str) -> int | None:
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC), None, "filter")
    except UserValueError:  # it is out of range, as the condition itself will tell
        return None
