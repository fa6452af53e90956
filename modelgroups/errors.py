"""Every exception that modelgroups raises on purpose.

The upper branches are those of the Arthur SDK under neutral names (the SDK's
own names for them live in ``modelgroups.arthurai.common.exceptions``); what is
particular to a local registry hangs below, with a builtin mixed in where
callers expect one. Catch ``ModelGroupsError`` to catch them all.

::

    ModelGroupsError
    ├── UserError                       the call was wrong; the message says how to mend it
    │   ├── MissingParameterError         (TypeError)   an argument is missing or unknown
    │   ├── UserValueError                (ValueError)  a value is not acceptable
    │   │   ├── BundleError                             a bundle is damaged, or is none
    │   │   ├── FrameError                              a DataFrame cannot be stored as it is
    │   │   └── NotARegistryError                       the location holds something else
    │   ├── UserTypeError                 (TypeError)   a value has the wrong type
    │   ├── MethodNotApplicableError                    not for this object, or not now
    │   │   ├── ReadOnlyError             (PermissionError)  the registry may not be written
    │   │   └── ClosedError                             the connection was closed
    │   ├── MissingDependencyError        (ImportError) an optional package is not installed
    │   └── ResponseClientError                         refused by a rule of the registry (4xx)
    │       ├── BadRequestError             400         the content is not valid
    │       ├── PaymentRequiredError        402         never raised by a local registry
    │       ├── ForbiddenError              403         never raised by a local registry
    │       ├── NotFoundError               404 (LookupError)  nothing has that id, name or label
    │       └── ConflictError               409         taken, archived, or changed meanwhile
    ├── UnexpectedError                 not the caller's fault
    │   ├── ExpectedParameterNotFoundError              the registry lacks a value it should hold
    │   ├── UnexpectedValueError          (ValueError)
    │   ├── UnexpectedTypeError           (TypeError)
    │   ├── ResponseServerError                         a 5xx of the platform; here: row failures
    │   ├── ResponseRedirectError                       a 3xx of the platform; never raised here
    │   ├── CatalogBusyError              (TimeoutError)  another writer held the lock too long
    │   ├── CatalogTooNewError                          written by a newer release
    │   ├── CatalogCorruptError                         the catalog cannot be read
    │   ├── SnapshotCorruptError                        a file's bytes are not those that were saved
    │   └── SnapshotMissingError          (FileNotFoundError)  a file that a row names is gone
    └── DownloadError                   example data cannot be fetched
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

__all__ = [
    "BadRequestError",
    "BundleError",
    "CatalogBusyError",
    "CatalogCorruptError",
    "CatalogTooNewError",
    "ClosedError",
    "ConflictError",
    "DownloadError",
    "ExpectedParameterNotFoundError",
    "ForbiddenError",
    "FrameError",
    "MethodNotApplicableError",
    "MissingDependencyError",
    "MissingParameterError",
    "ModelGroupsError",
    "NotARegistryError",
    "NotFoundError",
    "PaymentRequiredError",
    "ReadOnlyError",
    "ResponseClientError",
    "ResponseRedirectError",
    "ResponseServerError",
    "SnapshotCorruptError",
    "SnapshotMissingError",
    "UnexpectedError",
    "UnexpectedTypeError",
    "UnexpectedValueError",
    "UserError",
    "UserTypeError",
    "UserValueError",
]


class ModelGroupsError(Exception):
    """Base of every exception that modelgroups raises on purpose.

    Examples
    --------
    >>> import modelgroups as mg
    >>> with mg.connect(":memory:") as connection:
    ...     try:
    ...         connection.get_model_group("Card fraud")
    ...     except ModelGroupsError as error:
    ...         print(type(error).__name__)
    NotFoundError
    """


class UserError(ModelGroupsError):
    """The call cannot be carried out as given; the message says what to change."""


class MissingParameterError(UserError, TypeError):
    """A required argument is missing, or the call does not fit the signature."""


class UserValueError(UserError, ValueError):
    """An argument has the right type and an unacceptable value."""


class BundleError(UserValueError):
    """A file is not a bundle that can be taken in: damaged, made up, or of a newer release."""


class FrameError(UserValueError):
    """A DataFrame holds something that a snapshot cannot keep exactly.

    Parameters
    ----------
    problems
        One sentence for each column that cannot be stored.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = list(problems)
        noun = "problem" if len(problems) == 1 else "problems"
        super().__init__(
            f"the data cannot be stored ({len(problems)} {noun}): " + "; ".join(problems)
        )

    def __reduce__(self) -> tuple[type[FrameError], tuple[list[str]]]:
        return type(self), (self.problems,)


class NotARegistryError(UserValueError):
    """The location exists and is not a modelgroups registry."""


class UserTypeError(UserError, TypeError):
    """An argument has the wrong type."""


class MethodNotApplicableError(UserError):
    """The method does not apply to this object, or not in its present state."""


class ReadOnlyError(MethodNotApplicableError, PermissionError):
    """The registry was opened read-only, or lies where nothing can be written."""


class ClosedError(MethodNotApplicableError):
    """The connection was closed before this call."""


class MissingDependencyError(UserError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""


class ResponseClientError(UserError):
    """A rule of the registry refuses the request.

    The text starts with the HTTP status that the platform would have answered,
    for code written against the platform reads it. `results` holds what became of
    rows that could not be stored, where rows were sent.
    """

    status: ClassVar[HTTPStatus | None] = None

    def __init__(self, message: str) -> None:
        status = self.status
        self.detail = message
        self.results: list[dict[str, Any]] = []
        super().__init__(f"{status.value} {status.phrase}: {message}" if status else message)

    def __reduce__(self) -> tuple[type[ResponseClientError], tuple[str]]:
        return type(self), (self.detail,)


class BadRequestError(ResponseClientError):
    """400: the content of the request is not valid for this model or group."""

    status = HTTPStatus.BAD_REQUEST


class PaymentRequiredError(ResponseClientError):
    """402: exists for code written against the platform; never raised here."""

    status = HTTPStatus.PAYMENT_REQUIRED


class ForbiddenError(ResponseClientError):
    """403: exists for code written against the platform; never raised here."""

    status = HTTPStatus.FORBIDDEN


class NotFoundError(ResponseClientError, LookupError):
    """404: nothing in the registry has that id, name, number or label."""

    status = HTTPStatus.NOT_FOUND


class ConflictError(ResponseClientError):
    """409: the name is taken, the object is archived, or it changed meanwhile."""

    status = HTTPStatus.CONFLICT


class UnexpectedError(ModelGroupsError):
    """Something failed that the caller did not cause."""


class ExpectedParameterNotFoundError(UnexpectedError):
    """A value that should be there is not."""


class UnexpectedValueError(UnexpectedError, ValueError):
    """A value inside the registry, or of an object, is not what it must be."""


class UnexpectedTypeError(UnexpectedError, TypeError):
    """A value inside the registry, or of an object, has the wrong type."""


class ResponseServerError(UnexpectedError):
    """The platform's 5xx: part of the rows could not be stored."""


class ResponseRedirectError(UnexpectedError):
    """The platform's 3xx: exists for code written against it; never raised here."""


class CatalogBusyError(UnexpectedError, TimeoutError):
    """Another writer held the catalog's lock longer than a minute."""


class CatalogTooNewError(UnexpectedError):
    """The registry was written by a newer release of modelgroups."""


class CatalogCorruptError(UnexpectedError):
    """The catalog, or a row in it, is damaged."""


class SnapshotCorruptError(UnexpectedError):
    """The bytes of a stored file do not have the hash that the catalog recorded."""


class SnapshotMissingError(UnexpectedError, FileNotFoundError):
    """A stored file that the catalog names is not there."""


class DownloadError(ModelGroupsError):
    """Example data cannot be fetched; a local registry never opens a socket."""
