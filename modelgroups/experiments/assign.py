"""Who gets which version: keys hashed onto a line that is divided among the versions.

The same key always gets the same version, in every process and on every machine, for as long as
the division stands. New weights move only as much of the line as must change hands, and the keys
on the rest of it stay where they were. Loads numpy, pandas and pyarrow only to route many.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.lifecycle.deployments import WHOLE

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["WHOLE", "Assignment", "checked_weights"]

_UNUSED_BITS: Final = 64 - 53
_TOLERANCE: Final = 1e-9
_MISSING: Final = ("NAType", "NaTType")  # of pandas

Key = str | int | bytes | UUID


@dataclass(frozen=True)
class Assignment:
    """A division of the line among versions.

    Parameters
    ----------
    salt
        What distinguishes it from other divisions: with another salt keys fall elsewhere.
    pieces
        ``(end, version)`` from left to right; each piece begins where the one before it ends, and
        the last ends at `WHOLE`.

    Examples
    --------
    >>> half = Assignment.of({"V1": 0.5, "V2": 0.5}, salt="checkout")
    >>> half.route("customer-17"), half.route("customer-18")
    ('V2', 'V1')
    >>> list(half.route_many(["customer-17", "customer-18"]))
    ['V2', 'V1']
    >>> more = half.reweighted({"V1": 0.25, "V2": 0.75})
    >>> more.route("customer-17"), more.moved_from(half)
    ('V2', 0.25)
    """

    salt: str
    pieces: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, weights: Mapping[str, float], *, salt: str) -> Self:
        """Divide the line for the first time.

        Raises
        ------
        UserValueError
            The weights are not shares that sum to one.
        """
        sizes = _sizes(checked_weights(weights))
        return cls(salt, _joined(list(sizes.items())))

    @property
    def weights(self) -> dict[str, float]:
        """The share of the line that each version has."""
        return {version: size / WHOLE for version, size in self._owned().items()}

    def reweighted(self, weights: Mapping[str, float]) -> Self:
        """Return the division with other weights, with as little moved as can be.

        What shrinks gives from the right end of what it has; what grows takes that in turn. So the
        keys that move are exactly the share ``Σ max(0, old − new)``, and nothing moves between
        versions whose weights stay.

        Raises
        ------
        UserValueError
            The weights are not shares that sum to one.
        """
        sizes = _sizes(checked_weights(weights))
        owned = self._owned()
        to_give = {name: max(size - sizes.get(name, 0), 0) for name, size in owned.items()}
        to_take = [(name, size - owned.get(name, 0)) for name, size in sizes.items()]
        takers = [(name, size) for name, size in to_take if size > 0]
        parts: list[tuple[str, int]] = []  # from right to left
        for version, size in reversed(self._lengths()):
            given = min(to_give[version], size)
            to_give[version] -= given
            parts += [(name, taken) for name, taken in _take(takers, given)]
            parts.append((version, size - given))
        return type(self)(self.salt, _joined(parts[::-1]))

    def moved_from(self, other: Assignment) -> float:
        """Return the share of the line that another division gives to another version."""
        ends = sorted({end for end, _ in (*self.pieces, *other.pieces)})
        moved, start = 0, 0
        for end in ends:
            moved += (end - start) * (self._at(start) != other._at(start))
            start = end
        return moved / WHOLE

    def route(self, key: Key) -> str:
        """Return the version that a key gets.

        Parameters
        ----------
        key
            A text, a whole number, bytes or a UUID. A number is its decimal text, and a UUID its
            own, so that 17 and ``"17"`` are one key.

        Raises
        ------
        UserTypeError, UserValueError
            The key is missing, or of another type.
        """
        from modelgroups.storage.keys import hash_of

        return self._at(hash_of(_bytes_of(key), _start_of(self.salt)) >> _UNUSED_BITS)

    def route_many(self, keys: Iterable[Key] | pa.Array) -> NDArray[np.object_]:
        """Return the version that each of many keys gets, as `route` does.

        Parameters
        ----------
        keys
            A column, an Arrow array, or any other iterable.

        Raises
        ------
        UserTypeError, UserValueError
            A key is missing, or of another type; the error names its row.
        """
        import numpy as np

        from modelgroups.storage.keys import hashes_of

        (hashes,) = hashes_of(_column_of(keys), (_start_of(self.salt),))
        ends = np.array([end for end, _ in self.pieces], np.uint64)
        versions = np.array([version for _, version in self.pieces], object)
        return versions[np.searchsorted(ends, hashes >> np.uint64(_UNUSED_BITS), side="right")]

    def _at(self, place: int) -> str:
        return self.pieces[bisect_right(self.pieces, place, key=lambda piece: piece[0])][1]

    def _lengths(self) -> list[tuple[str, int]]:
        starts = (0, *(end for end, _ in self.pieces))
        return [
            (version, end - start)
            for (end, version), start in zip(self.pieces, starts, strict=False)
        ]

    def _owned(self) -> dict[str, int]:
        owned: dict[str, int] = {}
        for version, size in self._lengths():
            owned[version] = owned.get(version, 0) + size
        return owned


def checked_weights(weights: object) -> dict[str, float]:
    """Return weights, or raise where they are not shares that sum to one.

    >>> checked_weights({"V1": 0.5, "V2": 0.4})
    Traceback (most recent call last):
    modelgroups.errors.UserValueError: the weights must sum to 1, got 0.9 of {'V1': 0.5, 'V2': 0.4}
    """
    if not isinstance(weights, Mapping) or not weights:
        raise UserTypeError(f"weights must be a dict of shares by version, got {weights!r}")
    for version, weight in weights.items():
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not is_number or not math.isfinite(weight) or weight < 0:
            raise UserValueError(f"the weight of {version!r} must be from 0 to 1, got {weight!r}")
    total = math.fsum(weights.values())
    if abs(total - 1) > _TOLERANCE:
        raise UserValueError(f"the weights must sum to 1, got {total:g} of {dict(weights)}")
    return {version: float(weight) for version, weight in weights.items()}


def _sizes(weights: Mapping[str, float]) -> dict[str, int]:
    """Return lengths that sum to the whole line, the rounding borne by the longest."""
    total = math.fsum(weights.values())
    sizes = {version: round(weight / total * WHOLE) for version, weight in weights.items()}
    longest = max(sizes, key=lambda version: sizes[version])
    sizes[longest] += WHOLE - sum(sizes.values())
    return sizes


def _take(takers: list[tuple[str, int]], given: int) -> list[tuple[str, int]]:
    """Return who takes how much of what is given, and take it off what they want."""
    taken = []
    while given:
        name, wanted = takers.pop()
        size = min(wanted, given)
        given -= size
        taken.append((name, size))
        if wanted > size:
            takers.append((name, wanted - size))
    return taken


def _joined(parts: Sequence[tuple[str, int]]) -> tuple[tuple[int, str], ...]:
    """Return the pieces of lengths from left to right; neighbours of one version are one."""
    pieces: list[tuple[int, str]] = []
    end = 0
    for version, size in parts:
        end += size
        if size and pieces and pieces[-1][1] == version:
            pieces[-1] = (end, version)
        elif size:
            pieces.append((end, version))
    return tuple(pieces)


# --- keys ------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _start_of(salt: str) -> int:
    from modelgroups.storage.keys import hash_of

    return hash_of(_bytes_of(salt))


def _bytes_of(key: Any, where: str = "") -> bytes:
    if isinstance(key, str):
        return key.encode("utf-8", "surrogatepass")
    if isinstance(key, bytes):
        return key
    if isinstance(key, int) and not isinstance(key, bool):
        return str(int(key)).encode()
    if isinstance(key, UUID):
        return str(key).encode()
    if hasattr(key, "dtype") and getattr(key, "ndim", 1) == 0:  # a scalar of NumPy
        return _bytes_of(key.item(), where)
    is_float = isinstance(key, float)
    if key is None or (is_float and math.isnan(key)) or type(key).__name__ in _MISSING:
        raise UserValueError(
            f"the key{where} is missing ({key!r}); route by something that every request has"
        )
    raise UserTypeError(
        f"the key{where} must be a str, an int, bytes or a UUID, got {type(key).__name__} {key!r}"
        + ("; a column of whole numbers with gaps is one of floats" if is_float else "")
    )


def _column_of(keys: Any) -> pa.Array:
    """Return keys as Arrow binary; whole columns of texts or whole numbers at once."""
    import pyarrow as pa
    import pyarrow.types as pat

    if isinstance(keys, str | bytes):
        raise UserTypeError("route_many() takes many keys; route() takes one")
    column = _as_arrow(keys)
    if column is None:  # objects of several types
        given = list(keys)
        return pa.array([_bytes_of(k, f" in row {i}") for i, k in enumerate(given)], pa.binary())
    if column.null_count:
        place = column.is_null(nan_is_null=True).index(True).as_py()
        raise UserValueError(
            f"the key in row {place} is missing; route by something that every request has"
        )
    if pat.is_integer(column.type):
        column = column.cast(pa.string())
    return column.cast(pa.large_binary() if pat.is_large_string(column.type) else pa.binary())


def _as_arrow(keys: Any) -> pa.Array | None:
    """Return keys as one Arrow array of texts, bytes or whole numbers, if they are that."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.types as pat

    try:
        if isinstance(keys, pa.Array | pa.ChunkedArray):
            column = keys
        elif isinstance(keys, pd.Series | pd.Index):
            column = pa.array(keys)
        else:
            column = pa.array(keys if hasattr(keys, "__len__") else list(keys))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return None
    except (OverflowError, UnicodeEncodeError):  # beyond 64 bits; half of a surrogate pair
        return None
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    known = (pat.is_string, pat.is_large_string, pat.is_binary, pat.is_integer, pat.is_null)
    return column if any(is_kind(column.type) for is_kind in known) else None
