"""What a column may be called, and what a DataFrame must look like to be read at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelgroups.errors import UserTypeError, UserValueError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["RESERVED_NAMES", "check_columns", "check_frame", "check_names", "legal_names"]

RESERVED_NAMES = frozenset(
    {
        "batch_id",
        "ground_truth_data",
        "ground_truth_timestamp",
        "inference_data",
        "inference_id",
        "inference_timestamp",
        "partner_inference_id",
        "received_timestamp",
    }
)
"""Names that the inference log uses for itself."""

_MAX_LENGTH = 255
_MOST_RENAMED = 5
_LEGAL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_names(names: Iterable[object]) -> None:
    """Raise if any of the names cannot be the name of an attribute.

    Parameters
    ----------
    names
        Names of columns or attributes.

    Raises
    ------
    UserValueError
        Lists every offender: not a text, empty, longer than 255 characters, reserved, or not
        an ASCII letter or ``_`` followed by letters, digits and ``_``.

    Examples
    --------
    >>> check_names(["age", "_x", "Income_2"])
    >>> check_names(["2nd", "age"])
    Traceback (most recent call last):
        ...
    modelgroups.errors.UserValueError: 1 name cannot be used: '2nd' (a name is a letter or '_',
    then letters, digits or '_'); rename it
    """
    offenders = _offenders(names)
    if offenders:
        raise UserValueError(_refusal("name", offenders))


def check_frame(frame: pd.DataFrame, *, allow_no_columns: bool = False) -> None:
    """Raise if no schema can be read from a DataFrame, whatever its values.

    Parameters
    ----------
    frame
        The data.
    allow_no_columns
        Accept a frame that has rows and no columns.

    Raises
    ------
    UserTypeError
        `frame` is not a DataFrame.
    UserValueError
        Lists every problem: column levels, repeated names, names that cannot be used, no rows,
        no columns.

    Examples
    --------
    >>> import pandas as pd
    >>> check_frame(pd.DataFrame({"age": [31, 47]}))
    >>> check_frame(pd.DataFrame({"age": []}))
    Traceback (most recent call last):
        ...
    modelgroups.errors.UserValueError: the data cannot be used: it has no rows
    (at least 1 is needed)
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise UserTypeError(f"the data must be a pandas DataFrame, got {type(frame).__name__}")
    problems = []
    columns = frame.columns
    if isinstance(columns, pd.MultiIndex):
        problems.append(f"its columns have {columns.nlevels} levels (flatten them to one)")
    else:
        repeated = columns[columns.duplicated()].unique().tolist()
        if repeated:
            problems.append(f"more than one column is named {_quoted(repeated)} (keep one of each)")
        offenders = _offenders(columns.unique())
        if offenders:
            problems.append(_refusal("column name", offenders) + _how_to_rename(columns))
    if len(frame) == 0:
        problems.append("it has no rows (at least 1 is needed)")
    if len(columns) == 0 and not allow_no_columns:
        problems.append("it has no columns (at least 1 is needed)")
    if problems:
        raise UserValueError(f"the data cannot be used: {'; '.join(problems)}")


def check_columns(data: pd.DataFrame, names: Iterable[object]) -> None:
    """Raise unless each name is that of one column.

    Parameters
    ----------
    data
        The data.
    names
        Names of columns that are needed.

    Raises
    ------
    UserTypeError
        `data` is not a DataFrame.
    UserValueError
        Lists the names that no column has, or more than one.
    """
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        raise UserTypeError(f"data must be a pandas DataFrame, got {type(data).__name__}")
    columns: list[object] = list(data.columns)
    unclear = [name for name in names if columns.count(name) != 1]
    if unclear:
        raise UserValueError(
            f"columns {_quoted(unclear)} must each be in the data once; it has {_quoted(columns)}"
        )


def _offenders(names: Iterable[object]) -> list[str]:
    """Return each name that cannot be used, with the reason."""
    return [f"{name!r} ({reason})" for name in names if (reason := _fault(name)) is not None]


def _fault(name: object) -> str | None:
    if not isinstance(name, str):
        return f"{type(name).__name__}, not a text"
    if not name:
        return "empty"
    if len(name) > _MAX_LENGTH:
        return f"{len(name)} characters; at most {_MAX_LENGTH} are allowed"
    if name in RESERVED_NAMES:
        return "reserved for the inference log"
    if _LEGAL_NAME.fullmatch(name) is None:
        return "a name is a letter or '_', then letters, digits or '_'"
    return None


def legal_names(columns: Iterable[object]) -> dict[str, str]:
    """Return names for those texts among columns that cannot be names, few or none.

    Parameters
    ----------
    columns
        The names of all columns of some data.

    Examples
    --------
    >>> legal_names(["age", "due in (days)", "2nd"]), legal_names(["a b", "a_b"])
    ({'due in (days)': 'due_in_days', '2nd': '_2nd'}, {})
    """
    taken = list(columns)
    renamed: dict[str, str] = {}
    for name in taken:
        if not isinstance(name, str) or _fault(name) is None:
            continue
        legal = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
        legal = f"_{legal}" if legal[:1].isdigit() else legal
        if _fault(legal) is not None or legal in taken or legal in renamed.values():
            return {}
        renamed[name] = legal
    return renamed if len(renamed) <= _MOST_RENAMED else {}


def _how_to_rename(columns: Iterable[object]) -> str:
    """Return the call that gives columns of illegal texts legal names, where it is a short one."""
    renamed = legal_names(columns)
    return f", as with data.rename(columns={renamed!r})" if renamed else ""


def _refusal(noun: str, offenders: list[str]) -> str:
    many = len(offenders) > 1
    return (
        f"{len(offenders)} {noun}{'s' if many else ''} cannot be used: {', '.join(offenders)}; "
        f"rename {'them' if many else 'it'}"
    )


def _quoted(names: Iterable[object]) -> str:
    return ", ".join(map(repr, names))
