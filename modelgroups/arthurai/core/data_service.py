"""Names of the SDK's file upload."""

from __future__ import annotations

from modelgroups.arthurai._absent import Absent, absent

__all__ = ["MEGABYTE_SIZE", "DatasetService", "ImageZipper"]

MEGABYTE_SIZE = 1024 * 1024

_NO_UPLOAD = (
    "nothing is uploaded; give frames, files or a folder to ArthurModel.set_reference_data() or "
    "ArthurModel.send_bulk_inferences()"
)


class DatasetService(Absent):
    """Uploads files in the SDK; here it has its constants, and every call is refused."""

    _instead = _NO_UPLOAD

    COUNTS = "counts"
    SUCCESS = "success"
    FAILURE = "failure"
    TOTAL = "total"
    FAILURES = "failures"
    DEFAULT_MAX_IMAGE_DATA_BYTES = 300_000_000
    MAX_ROWS_PER_FILE = 500_000
    ROW_GROUP_SIZE = 5_000

    chunk_image_set = staticmethod(absent("DatasetService.chunk_image_set", _NO_UPLOAD))
    chunk_image_set_with_directory_path_or_files = staticmethod(
        absent("DatasetService.chunk_image_set_with_directory_path_or_files", _NO_UPLOAD)
    )
    files_size = staticmethod(absent("DatasetService.files_size", _NO_UPLOAD))
    send_files_from_dir_iteratively = staticmethod(
        absent("DatasetService.send_files_from_dir_iteratively", _NO_UPLOAD)
    )
    send_files_iteratively = staticmethod(
        absent("DatasetService.send_files_iteratively", _NO_UPLOAD)
    )


class ImageZipper(Absent):
    """Packs images for the upload in the SDK; cannot be made here."""

    _instead = _NO_UPLOAD
