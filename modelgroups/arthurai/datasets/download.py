"""Names of the SDK's downloads."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from modelgroups.arthurai._absent import Absent, absent
from modelgroups.errors import DownloadError

__all__ = [
    "ArthurDatasetSource",
    "ArthurExampleDownloader",
    "default_download_directory",
    "download_from_s3",
    "get_file_keys_in_s3_folder",
    "load_downloaded_file",
]

_INSTEAD = "nothing is downloaded; load the data yourself and give it to ArthurModel.build()"

default_download_directory = Path("arthur-downloads/")


class ArthurDatasetSource(Enum):
    """Where the SDK's examples come from."""

    S3 = "S3"


class ArthurExampleDownloader(Absent):
    """Downloads an example in the SDK; raises `ArthurDownloadError` here."""

    _instead = _INSTEAD
    _error = DownloadError


download_from_s3 = absent("download_from_s3", _INSTEAD, DownloadError)
get_file_keys_in_s3_folder = absent("get_file_keys_in_s3_folder", _INSTEAD, DownloadError)
load_downloaded_file = absent("load_downloaded_file", _INSTEAD, DownloadError)
