"""Names of the SDK's file upload."""

from __future__ import annotations

from modelgroups.arthurai._absent import Absent, absent

__all__ = ["MEGABYTE_SIZE", "DatasetService", "ImageZipper"]

MEGABYTE_SIZE = 1024 * 1024

_NO_UPLOAD = "nothing is uploaded; give a DataFrame to ArthurModel.set_reference_data()"


class DatasetService(Absent):
    """Uploads files in the SDK; every use is refused here."""

    _instead = _NO_UPLOAD

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
