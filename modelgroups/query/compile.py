"""From a body to an answer: the source, conditions, select, groups, order, and a bit of Python.

A body is one Ibis expression. Where a function is finished in Python, the engine is asked, its
rows are finished, and an outer body goes on with them as a table. Loads Ibis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from modelgroups.query.answer import plain
from modelgroups.query.conditions import condition
from modelgroups.query.engines.base import Engine
from modelgroups.query.faults import Faults, nearest
from modelgroups.query.names import ORDER, column_name, shown_name
from modelgroups.query.operand import Deferred, Level, Operand
from modelgroups.query.scope import Scope
from modelgroups.query.source import BOX_FIELDS
from modelgroups.query.subject import Subject
from modelgroups.query.tree import Body, Item, Key

__all__ = ["Compiler", "Relation"]

_STAR: Final = "*"
_BOX: Final = "#box"
_MOST_BOXES: Final = 2**24  # of an image; so many images still fit into 64 bits


@dataclass(frozen=True)
class Relation:
    """Rows that a body works on, or that it answers with.

    Parameters
    ----------
    table
        An Ibis table with the hidden column of the order.
    grouped
        Where a grouped subquery hands over its rows: the columns that they are grouped by.
    boxes
        The columns that hold lists of boxes, or a field of them.
    finish
        Values that are finished in Python: of which column of the answer.
    known
        All columns that could have been asked for, also those that are not read.
    beside
        The columns that ``*`` leaves out.
    has_scores
        Whether there are explanations; None where the rows are not enriched.
    """

    table: Any
    grouped: tuple[str, ...] | None = None
    boxes: frozenset[str] = frozenset()
    finish: Mapping[str, Deferred] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()
    has_scores: bool | None = None


@dataclass
class Compiler:
    """Compiles one body over a relation.

    Parameters
    ----------
    subject
        The model.
    body
        What is asked.
    source
        The rows that it is asked of.
    faults
        Where faults go.
    path
        Where the body stands in the whole query.
    """

    subject: Subject
    body: Body
    source: Relation
    faults: Faults
    path: str = ""
    keys: list[str] = field(default_factory=list, init=False)

    def compile(self, *, inner: bool = False) -> Relation | None:
        """Return the rows that answer the body, or None where it has faults.

        Parameters
        ----------
        inner
            Whether it is a subquery, which may hand over rows that are only grouped.
        """
        items = self._items()
        self.keys = list(items)
        if self.faults:
            return None
        table = self._unnested(self.source.table)
        scope = self._scope(table, items)
        conditions = self._conditions(scope)
        if self.faults:
            return None
        if conditions:
            scope = self._scope(table.filter(conditions), items)
        scope.ordering = self._sort_keys(scope, items)
        found = {key: scope.item(key, path) for key, (path, _) in items.items()}
        if scope.inner and not self.faults:
            scope = self._folded(scope, items)
            found = {key: scope.item(key, path) for key, (path, _) in items.items()}
        keys = {key.name: self._key(scope, key, n) for n, key in enumerate(self.body.group_by)}
        if self.faults:
            return None
        operands = {key: operand for key, operand in found.items() if operand is not None}
        relation = self._answer(scope, operands, keys, inner=inner)
        return None if self.faults else relation

    # --- select --------------------------------------------------------------------------

    def _items(self) -> dict[str, tuple[str, Item]]:
        """Return the entries of select by their keys, ``*`` and whole boxes opened up."""
        items: dict[str, tuple[str, Item]] = {}
        for number, item in enumerate(self.body.select):
            path = self._at(f"select[{number}]")
            for each in self._opened(item, path):
                if each.key in items:
                    self.faults.add(path, f"two entries are called {each.key!r}; give an alias")
                items[each.key] = (path, each)
        return items

    def _opened(self, item: Item, path: str) -> list[Item]:
        name = item.property
        if name == _STAR:
            if self.body.group_by:
                self.faults.add(path, "* cannot stand beside group_by")
            return [Item(property=each) for each in self._all_columns()]
        if name is not None and name in self.source.boxes and "." not in name:
            return [Item(property=f"{name}.{each}") for each in BOX_FIELDS]
        self._check_stage(item, path)
        return [item]

    def _all_columns(self) -> list[str]:
        hidden = self.source.boxes
        names = map(shown_name, self.source.table.columns)
        shown = [n for n in names if n is not None and n not in self.source.beside]
        return [n for n in shown if not ("." in n and n in hidden)]

    def _check_stage(self, item: Item, path: str) -> None:
        attribute = self.subject.attributes.get(item.property or "")
        if item.stage is not None and attribute is not None and attribute.stage != item.stage:
            self.faults.add(f"{path}.stage", f"{item.property!r} is {attribute.stage}")

    def _scope(self, table: Any, items: Mapping[str, tuple[str, Item]]) -> Scope:
        aliased = {key: found for key, found in items.items() if found[1].property != key}
        return Scope(
            self.subject,
            table,
            aliased | dict(items),
            self.faults,
            self.source.grouped,
            known=self.source.known,
            has_scores=self.source.has_scores,
        )

    def _folded(self, scope: Scope, items: Mapping[str, tuple[str, Item]]) -> Scope:
        """Return the scope of rows that are the groups of the subquery, with their aggregates."""
        keys = [column_name(key) for key in self.source.grouped or ()]
        first = {ORDER: scope.table[ORDER].min()}
        table = scope.table.group_by(keys).aggregate(**scope.inner, **first)
        again = self._scope(scope.table, items)
        again.folded = table
        again.ordering = scope.ordering
        return again

    # --- boxes ---------------------------------------------------------------------------

    def _unnested(self, table: Any) -> Any:
        """Return one row for each box where fields of boxes are asked for."""
        import ibis

        asked = [name for name in self._names_used() if name in self.source.boxes and "." in name]
        owners = sorted({name.partition(".")[0] for name in asked})
        if not owners:
            return table
        if len(owners) > 1:
            told = " and ".join(map(repr, owners))
            self.faults.add(self._at("select"), f"the boxes of {told} do not line up")
            return table
        parts = [column_name(name) for name in asked]
        number = ibis.range(table[parts[0]].length()).unnest()
        table = table.mutate(**{_BOX: number})
        boxes = {name: table[name][table[_BOX]] for name in parts}
        place = table[ORDER] * _MOST_BOXES + table[_BOX]
        return table.mutate(**boxes, **{ORDER: place}).drop(_BOX)

    def _names_used(self) -> list[str]:
        names: list[str] = []
        stack: list[Any] = [self.body.model_dump(exclude={"subquery"})]
        while stack:
            value = stack.pop()
            if isinstance(value, str):
                names.append(value)
            elif isinstance(value, Mapping):
                stack += value.values()
            elif isinstance(value, list | tuple):
                stack += value
        opened = [item.property for item in self.body.select if item.property in self.source.boxes]
        names += [f"{name}.{each}" for name in opened if "." not in name for each in BOX_FIELDS]
        return list(dict.fromkeys(names))

    # --- conditions, keys, order ---------------------------------------------------------

    def _conditions(self, scope: Scope) -> list[Any]:
        found = []
        for place, wanted in self.body.conditions:
            path = self._at(place)
            operand = scope.named(wanted.property, f"{path}.property")
            if operand is None:
                continue
            if operand.level is not Level.ROW or operand.is_deferred:
                self.faults.add(
                    path,
                    f"{wanted.property!r} is an aggregate; make this query the subquery of one "
                    "that filters it",
                )
                continue
            try:
                found.append(condition(operand.value, wanted.comparator, wanted.value))
            except ValueError as error:
                self.faults.add(f"{path}.value", str(error))
        return found

    def _key(self, scope: Scope, key: Key, number: int) -> Operand | None:
        path = self._at(f"group_by[{number}]")
        if key.property is not None:
            return scope.column(key.property, f"{path}.property")
        if key.alias not in scope.items:
            self.faults.add(f"{path}.alias", nearest(key.alias, scope.items, "alias"))
            return None
        found = scope.item(str(key.alias), path)
        if found is not None and (found.level is not Level.ROW or found.is_deferred):
            self.faults.add(path, f"{key.alias!r} is an aggregate and cannot group rows")
            return None
        return found

    def _sort_keys(self, scope: Scope, items: Mapping[str, tuple[str, Item]]) -> list[Any]:
        """Return what rows are ordered by, for functions that look at their neighbours."""
        import ibis

        keys = []
        for order in self.body.order_by:
            if order.name in scope.names and order.name not in {
                key for key, (_, item) in items.items() if item.function is not None
            }:
                column = scope.table[column_name(order.name)]
                make = ibis.desc if order.direction == "desc" else ibis.asc
                keys.append(make(column, nulls_first=False))
        return [*keys, scope.table[ORDER]]

    # --- the answer ----------------------------------------------------------------------

    def _answer(
        self,
        scope: Scope,
        operands: Mapping[str, Operand],
        keys: Mapping[str, Operand | None],
        *,
        inner: bool,
    ) -> Relation | None:
        aggregates = any(operand.level is Level.GROUP for operand in operands.values())
        if keys and inner and self._hands_over_rows(operands, keys):
            return self._rows(scope, operands, grouped=tuple(self._key_names(keys)))
        if not keys and not aggregates:
            return self._rows(scope, operands)
        return self._groups(scope, operands, keys)

    def _hands_over_rows(
        self, operands: Mapping[str, Operand], keys: Mapping[str, Operand | None]
    ) -> bool:
        """Return whether columns are selected that are neither keys nor aggregated."""
        uses = self._uses(keys)
        loose = [o for n, o in operands.items() if o.level is Level.ROW and n not in keys]
        return any(not operand.uses <= uses for operand in loose)

    @staticmethod
    def _uses(keys: Mapping[str, Operand | None]) -> frozenset[str]:
        return frozenset().union(*(key.uses for key in keys.values() if key is not None))

    def _key_names(self, keys: Mapping[str, Operand | None]) -> Iterable[str]:
        return [name for name in keys if name in {item.key for item in self.body.select}]

    def _rows(
        self,
        scope: Scope,
        operands: Mapping[str, Operand],
        grouped: tuple[str, ...] | None = None,
    ) -> Relation:
        table = scope.table
        columns = {column_name(key): _expression(operand) for key, operand in operands.items()}
        extra: dict[str, Any] = {}
        for number, order in enumerate(self.body.order_by):
            path = self._at(f"order_by[{number}]")
            if order.name in operands:
                continue
            found = scope.named(order.name, path)
            if found is not None:
                extra[f"#by{number}"] = found.value
        result = table.select(**columns, **extra, **{ORDER: table[ORDER]})
        return Relation(self._ordered(result, operands), grouped)

    def _groups(
        self, scope: Scope, operands: Mapping[str, Operand], keys: Mapping[str, Operand | None]
    ) -> Relation | None:
        grouping, metrics, finish = self._metrics(scope, operands, keys)
        if self.faults:
            return None
        table = scope.table if scope.folded is None else scope.folded
        metrics[ORDER] = table[ORDER].min()
        result = (
            table.group_by(**grouping).aggregate(**metrics)
            if grouping
            else table.aggregate(**metrics)
        )
        return Relation(self._ordered(result, operands, finish, keys), finish=finish)

    def _metrics(
        self, scope: Scope, operands: Mapping[str, Operand], keys: Mapping[str, Operand | None]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Deferred]]:
        """Return what the rows are grouped by, what is aggregated, and what is finished later."""
        uses = self._uses(keys)
        grouping = {
            column_name(name) if name in operands else f"#key{number}": key.value
            for number, (name, key) in enumerate(keys.items())
            if key
        }
        metrics: dict[str, Any] = {}
        finish: dict[str, Deferred] = {}
        for name, operand in operands.items():
            column = column_name(name)
            if operand.is_deferred:
                metrics |= {f"{column}#{key}": c for key, c in operand.value.columns.items()}
                finish[name] = operand.value
            elif operand.level is Level.GROUP:
                metrics[column] = operand.value
            elif operand.level is Level.CONSTANT:
                metrics[column] = _expression(operand)
            elif column in grouping:
                continue
            elif operand.uses <= uses and keys:
                grouping[column] = operand.value
            else:
                path, _ = scope.items[name]
                self.faults.add(
                    path,
                    f"{name!r} has a value for each row, and others one for each group; "
                    "group by it, or aggregate it",
                )
        return grouping, metrics, finish

    def _ordered(
        self,
        table: Any,
        columns: Mapping[str, Any],
        finish: Mapping[str, Deferred] | None = None,
        grouping: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return an answer in its order, numbered anew, and cut."""
        import ibis

        keys = []
        for number, order in enumerate(self.body.order_by):
            places = [column_name(order.name), f"#by{number}"]
            places += [f"#key{n}" for n, key in enumerate(grouping or ()) if key == order.name]
            name = next((place for place in places if place in table.columns), None)
            if name is None:
                path = self._at(f"order_by[{number}]")
                if finish and order.name in finish:
                    self.faults.add(
                        path, f"{order.name!r} cannot be ordered by here; use a subquery"
                    )
                else:
                    known = [*columns, *(grouping or ())]
                    self.faults.add(path, nearest(order.name, known, "entry of select"))
                continue
            make = ibis.desc if order.direction == "desc" else ibis.asc
            keys.append(make(table[name], nulls_first=False))
        if self.faults:
            return table
        if keys:
            rank = ibis.row_number().over(order_by=[*keys, table[ORDER]])
            table = table.mutate(**{ORDER: rank})
        if self.body.limit is not None or self.body.offset:
            table = table.order_by(ORDER).limit(self.body.limit, offset=self.body.offset or 0)
        hidden = [name for name in table.columns if name.startswith(("#by", "#key"))]
        return table.drop(*hidden) if hidden else table

    def _at(self, place: str) -> str:
        return f"{self.path}.{place}" if self.path else place


def finished(relation: Relation, keys: Sequence[str], engine: Engine) -> list[dict[str, Any]]:
    """Return the rows of a relation in their order, with what is finished in Python."""
    table = engine.run(relation.table.order_by(ORDER))
    columns = [_finished(relation.finish.get(key), column_name(key), table) for key in keys]
    return [
        dict(zip(keys, map(plain, values), strict=True)) for values in zip(*columns, strict=True)
    ]


def _finished(deferred: Deferred | None, column: str, table: pa.Table) -> list[Any]:
    if deferred is None:
        values: list[Any] = table[column].to_pylist()
        return values
    parts = [[_unpacked(value) for value in table[f"{column}#{name}"]] for name in deferred.columns]
    rows = zip(*parts, strict=True) if parts else [()] * len(table)
    return [deferred.finish(dict(zip(deferred.columns, row, strict=True))) for row in rows]


def _unpacked(value: pa.Scalar) -> Any:
    """Return a value for NumPy: a list as an Arrow array."""
    return value.values if pa.types.is_list(value.type) else value.as_py()  # None where it is null


def _expression(operand: Operand) -> Any:
    import ibis

    if operand.level is Level.CONSTANT and not hasattr(operand.value, "type"):
        return ibis.literal(operand.value)
    return operand.value
