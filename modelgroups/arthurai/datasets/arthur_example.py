"""Names of the SDK's examples."""

from __future__ import annotations

from modelgroups.arthurai._absent import Absent
from modelgroups.errors import DownloadError

__all__ = ["ArthurExample", "ArthurExampleSchema"]

_INSTEAD = "nothing is downloaded; load the data yourself and give it to ArthurModel.build()"


class ArthurExample(Absent):
    """Downloads an example in the SDK; raises `ArthurDownloadError` here."""

    _instead = _INSTEAD
    _error = DownloadError


class ArthurExampleSchema(Absent):
    """Describes a downloaded example in the SDK; raises `ArthurDownloadError` here."""

    _instead = _INSTEAD
    _error = DownloadError
