"""What a caller gets for the rows that he sent: the SDK's dictionary, which is short to look at."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, Self

from modelgroups.drawing.page import table_in_html
from modelgroups.drawing.texts import number_of_things
from modelgroups.inferences.outcome import told_together

__all__ = ["Receipt"]

_MOST_SHOWN: Final = 5
_MOST_CHARACTERS: Final = 200


class Receipt(dict[str, Any]):
    """A dictionary of the counts of a call and what became of its rows.

    It is a ``dict`` in every respect but its looks: thousands of results would fill a screen, and
    a few are shown no other way.

    Examples
    --------
    >>> stored = {"message": "success", "status": 200}
    >>> Receipt(counts={"success": 9, "failure": 0, "total": 9}, results=[stored] * 9)
    <9 rows: 9 stored, 0 failed; a dict of 'counts', 'results'>
    >>> Receipt(counts={"success": 1, "failure": 0, "total": 1}, results=[stored])
    <1 row: 1 stored, 0 failed; a dict of 'counts', 'results'>
    >>> Receipt.of(2, counts={"success": 9, "failure": 0, "total": 9}, results=[stored] * 9)
    <9 rows: 2 stored, 7 were there already, 0 failed; a dict of 'counts', 'results'>
    """

    _n_stored: int | None = None

    @classmethod
    def of(cls, n_stored: int, **entries: Any) -> Self:
        """Return the receipt of a call, of so many rows of which anything was stored."""
        receipt = cls(entries)
        receipt._n_stored = n_stored
        return receipt

    def __repr__(self) -> str:
        if "counts" not in self:  # somebody took it out
            return super().__repr__()
        parts = [self._counted(), *self._told(), f"a dict of {', '.join(map(repr, self))}"]
        return f"<{'; '.join(parts)}>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))

    def _repr_html_(self) -> str | None:
        if "counts" not in self:
            return None
        failed = islice(self._failed(), _MOST_SHOWN)
        rows = [[where, status, message] for where, status, message in failed]
        more = self._n_failed() - len(rows)
        title = self._counted() + (f", of which {more:,} more are not shown" if more > 0 else "")
        if not rows:
            return f"<p><b>{escape(title)}</b></p>"
        return table_in_html(title, ["row", "status", "what is wrong"], rows)

    def _n_failed(self) -> int:
        return int(self["counts"]["failure"])

    def _counted(self) -> str:
        counts = self["counts"]
        n_there = 0 if self._n_stored is None else counts["success"] - self._n_stored
        there = f"{n_there:,} were there already, " if n_there else ""
        rows, n_stored = number_of_things(counts["total"], "row"), counts["success"] - n_there
        return f"{rows}: {n_stored:,} stored, {there}{counts['failure']:,} failed"

    def _told(self) -> list[str]:
        """Return what to say of the first rows that failed, and of what waits."""
        told = told_together((w, status, _cut(str(fault))) for w, status, fault in self._failed())
        more = self._n_failed() - sum(1 for _ in self._failed())  # not all are told of a file
        told += [f"and {more:,} more failures"] if told and more > 0 else []
        return [*told, self["message"]] if "message" in self else told

    def _failed(self) -> Iterator[tuple[str, int, str]]:
        """Yield the rows that failed: which it is, the status and what is wrong."""
        for row, result in enumerate(self.get("results", ())):
            if result.get("status") != HTTPStatus.OK.value:
                yield _where(row, result), result.get("status"), result.get("message")
        for number, entry in enumerate(self.get("failures", ())):
            of_file = entry if isinstance(entry, list) else [entry]
            source = f"file {number}, " if len(self["failures"]) > 1 and of_file is entry else ""
            for result in of_file:
                where = source + _where(result.get("row"), result)
                yield where, result.get("status"), result.get("message")


def _where(row: int | None, result: dict[str, Any]) -> str:
    id_ = result.get("partner_inference_id")
    named = "a row" if row is None else f"row {row}"
    return named if id_ is None else f"{named} ({id_!r})"


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
