"""The part of `Model` that answers questions about its inferences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelgroups.calls import checked_calls
from modelgroups.model.logged import Logged

if TYPE_CHECKING:
    from modelgroups.query.subject import Subject

__all__ = ["Asking"]


@checked_calls
class Asking(Logged):
    """Questions about what the version has received."""

    def query(self, body: Mapping[str, Any], query_type: str = "base") -> list[dict[str, Any]]:
        """Return the answer to a query in the query language.

        Parameters
        ----------
        body
            What is asked: ``select`` with ``filter``, ``group_by``, ``order_by``, ``from`` or
            ``subquery``. It is not changed.
        query_type
            ``"base"``.

        Returns
        -------
        list of dict
            The rows of the answer, plain JSON.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        UserValueError
            The body has faults; each is listed with its path, and nothing is run.

        Examples
        --------
        >>> from modelgroups.testing import saved_model
        >>> with saved_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
        ...     model.query({"select": [{"function": "accuracyRate"}, {"function": "count"}]})
        [{'accuracyRate': 1.0, 'count': 2}]
        """
        from modelgroups.query.ask import ask

        return ask(self._subject("query"), body, query_type)

    def _subject(self, method: str) -> Subject:
        from modelgroups.query.subject import Subject

        return Subject(
            self._recipient(method),
            str(self.output_type),
            self.classifier_threshold,
            self.text_delimiter,
        )
