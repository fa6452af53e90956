"""The SDK's making of an explainer from a predict function in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from modelgroups.analysis.packaging import FILE_FIELDS, explainer_of, kept_config

if TYPE_CHECKING:
    from modelgroups.analysis.explainer import Explainer
    from modelgroups.model import Model

__all__ = ["ExplanationPackager"]


class ExplanationPackager:
    """Makes the explainer of a model; nothing is packed here.

    Parameters
    ----------
    model
        A saved model.
    kwargs
        What `ArthurModel.enable_explainability` takes.
    """

    FILE_FIELDS: ClassVar[list[str]] = list(FILE_FIELDS)

    def __init__(self, model: Model, **kwargs: Any) -> None:
        self._model = model
        self._config = kwargs
        self.explainer: Explainer | None = None

    def contains_file_fields(self) -> tuple[bool, bool]:
        """Return whether any of `FILE_FIELDS` is given, and whether all are."""
        given = [self._config.get(name) is not None for name in FILE_FIELDS]
        return any(given), all(given)

    def create(self) -> None:
        """Import and try the predict function; then ``explainer`` is there.

        Raises
        ------
        UserValueError, UserError, MethodNotApplicableError
            As `ArthurModel.enable_explainability`.
        """
        self.explainer = explainer_of(self._model, self._config)

    def get_request_config(self) -> dict[str, Any]:
        """Return what is kept of the config."""
        return kept_config(self.explainer, self._config)
