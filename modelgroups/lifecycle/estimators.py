"""scikit-learn estimators as artifacts, by way of skops, which needs no pickle.

What skops does not know to be harmless is loaded only where the caller names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from modelgroups.errors import MissingDependencyError, UserTypeError, UserValueError

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

__all__ = ["as_bytes", "from_bytes"]

_SCHEMA = "schema.json"


def as_bytes(estimator: BaseEstimator, trusted: Sequence[str]) -> bytes:
    """Return an estimator as bytes that `from_bytes` takes with the same `trusted`.

    Parameters
    ----------
    estimator
        The estimator.
    trusted
        The types that it may hold beyond those that skops knows.

    Raises
    ------
    MissingDependencyError
        The extra is not installed.
    UserTypeError
        It is no estimator, or holds something that cannot be stored.
    UserValueError
        It holds types that are not trusted; each is named.
    """
    skops = _skops("add_estimator")
    if not isinstance(estimator, import_module("sklearn.base").BaseEstimator):
        raise UserTypeError(
            f"an estimator is an object of scikit-learn, got {type(estimator).__name__}; "
            "keep anything else as a file: add_artifact(path)"
        )
    try:
        content = skops.dumps(estimator)
    except (TypeError, NotImplementedError, AttributeError) as error:
        raise UserTypeError(
            f"the estimator {type(estimator).__name__} holds what cannot be stored without "
            f"pickle: {error}"
        ) from error
    unknown = _untrusted(skops, content, trusted)
    if unknown:
        raise UserValueError(
            f"the estimator {type(estimator).__name__} holds types that are not known to be "
            f"harmless, which load_estimator() would refuse: {', '.join(unknown)}. If that is "
            f"meant, add it and load it with trusted={sorted({*trusted, *unknown})!r}"
        )
    return bytes(content)


def _untrusted(skops: Any, content: bytes, trusted: Sequence[str]) -> list[str]:
    return sorted(set(skops.get_untrusted_types(data=content)) - set(trusted))


def from_bytes(content: bytes, name: str, trusted: Sequence[str]) -> Any:
    """Return the estimator that bytes stand for.

    Parameters
    ----------
    content
        The bytes of the artifact.
    name
        The artifact, for messages.
    trusted
        The types to load beyond those that skops knows.

    Raises
    ------
    MissingDependencyError
        The extra is not installed.
    UserValueError
        The bytes are no estimator, or hold types that are not trusted; each is named.
    """
    skops = _skops("load_estimator")
    _require_estimator(content, name)
    unknown = _untrusted(skops, content, trusted)
    if unknown:
        raise UserValueError(
            f"the estimator {name!r} holds types that are not known to be harmless: "
            f"{', '.join(unknown)}. Where you know who made it, load it with "
            f"load_estimator({name!r}, trusted={sorted({*trusted, *unknown})!r})"
        )
    return skops.loads(content, trusted=list(trusted))


def _require_estimator(content: bytes, name: str) -> None:
    try:
        with ZipFile(BytesIO(content)) as archive:
            known = _SCHEMA in archive.namelist()
    except BadZipFile:
        known = False
    if not known:
        raise UserValueError(
            f"the artifact {name!r} was not stored by add_estimator(); "
            f"read it with open_artifact({name!r})"
        )


def _skops(method: str) -> Any:
    try:
        return import_module("skops.io")
    except ImportError as error:
        raise MissingDependencyError(
            f"{method}() needs skops and scikit-learn: pip install 'modelgroups[sklearn]'"
        ) from error
