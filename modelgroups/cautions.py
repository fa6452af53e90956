"""What a caller is warned of: what was done, and is likely not what was meant."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["ModelGroupsWarning", "quietly", "warn"]

_PACKAGE = __name__.partition(".")[0]
_is_quiet = ContextVar("_is_quiet", default=False)


class ModelGroupsWarning(UserWarning):
    """A call was carried out as it was given, and that is likely not what was meant.

    Every warning of modelgroups is of this class, so they can be silenced, or made errors, with
    ``warnings.filterwarnings``. A warning that is made an error comes before anything is stored.

    Examples
    --------
    >>> import warnings
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model, warnings.catch_warnings():
    ...     warnings.simplefilter("error", ModelGroupsWarning)
    ...     try:
    ...         model.send_inferences([{"age": 31}])
    ...     except ModelGroupsWarning as warning:
    ...         print(warning)
    ...     model.summary(attributes=False).n_inferences
    Card fraud#1: 1 row came without 'p' (a prediction); null is stored there, and an inference ...
    0
    """


def warn(message: str) -> None:
    """Warn whoever called this package, at the line where he did; not within `quietly`."""
    if _is_quiet.get():
        return
    level, frame = 1, inspect.currentframe()
    while frame is not None and _is_ours(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, ModelGroupsWarning, stacklevel=level)


@contextmanager
def quietly() -> Iterator[None]:
    """Do without warnings within this: what is found there is told in another way, as on a page."""
    before = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(before)


def _is_ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")
