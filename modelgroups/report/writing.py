"""Putting a page into place: the file is there wholly, or as it was before. Loads nothing."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from modelgroups.errors import UnexpectedError, UserTypeError, UserValueError

__all__ = ["require_target", "write_page"]


def require_target(path: object) -> Path:
    """Return where a report is to be written, links followed.

    Raises
    ------
    UserTypeError, UserValueError
        It is no path, or no file can be there.
    """
    if not isinstance(path, str | os.PathLike):
        raise UserTypeError(f"a report is a file, given by its path, got {type(path).__name__}")
    name = os.fspath(path)
    if not isinstance(name, str) or not name or "\0" in name:
        raise UserValueError(f"{name!r} is not the path of a file")
    target = Path(os.path.realpath(Path(name).expanduser()))
    if target.is_dir():
        raise UserValueError(f"{target} is a folder; name a file in it, such as report.html")
    if not target.parent.is_dir():
        raise UserValueError(f"there is no folder {target.parent} to write the report into")
    return target


def write_page(target: Path, page: str) -> Path:
    """Write a page; what was at its place before is replaced at once.

    Raises
    ------
    UnexpectedError
        The disk refused.
    """
    building = target.with_name(f".modelgroups-{uuid4().hex}")
    try:
        # half of a surrogate pair is no character, but may come from a text of the user
        building.write_bytes(page.encode("utf-8", "xmlcharrefreplace"))
        building.replace(target)
    except OSError as error:
        raise UnexpectedError(f"no report can be written at {target}: {error}") from error
    finally:
        building.unlink(missing_ok=True)
    return target
