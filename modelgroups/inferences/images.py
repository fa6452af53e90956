"""Images that inferences name: kept as files named by their hash, each stored once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from modelgroups.arguments import require_member
from modelgroups.catalog import log_objects, logs
from modelgroups.errors import MethodNotApplicableError, NotFoundError, UserValueError
from modelgroups.inferences.cells import is_null
from modelgroups.inferences.columns import as_list
from modelgroups.inferences.layout import Kind, Layout
from modelgroups.storage.digest import digest_file
from modelgroups.types import ImageContentType, ImageResponseType, ValueType

if TYPE_CHECKING:
    from modelgroups.inferences.accept import Half
    from modelgroups.inferences.shapes import Given
    from modelgroups.registry import Registry

__all__ = ["StagedImages", "content_type", "save_image"]

_SIGNATURES: Final = {
    b"\x89PNG\r\n\x1a\n": ImageContentType.Png,
    b"\xff\xd8\xff": ImageContentType.Jpeg,
    b"GIF87a": ImageContentType.Gif,
    b"GIF89a": ImageContentType.Gif,
    b"II*\0": ImageContentType.Tiff,
    b"MM\0*": ImageContentType.Tiff,
}
_EXTENSIONS: Final = {
    ImageContentType.Png: ".png",
    ImageContentType.Jpeg: ".jpg",
    ImageContentType.Gif: ".gif",
    ImageContentType.Tiff: ".tff",  # as the SDK names it
}
_LONGEST_SIGNATURE: Final = max(map(len, _SIGNATURES))


def content_type(content: bytes) -> ImageContentType | None:
    """Return the format of an image by its first bytes, or None.

    >>> content_type(b"GIF89a...")
    <ImageContentType.Gif: 'image/gif'>
    """
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            return kind
    return None


@dataclass
class StagedImages:
    """Copies of the images of a call, hashed and not yet published.

    Parameters
    ----------
    registry, layout
        Where to.
    files
        Removes the copies that were not published.
    sizes
        The bytes of each image, by digest.
    """

    registry: Registry
    layout: Layout
    files: ExitStack
    sizes: dict[str, int] = field(default_factory=dict)
    _staged: dict[str, Path] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The attributes that hold images."""
        attributes = self.layout.inference_attributes.items()
        return [name for name, a in attributes if a.value_type == ValueType.Image]

    def take(self, path: object) -> str:
        """Copy an image and return its digest.

        Raises
        ------
        ValueError
            There is no such file, or it is not an image.
        """
        if not isinstance(path, str | Path):
            raise ValueError(f"{path!r} is not the path of a file")  # noqa: TRY004  # the row fails
        if str(path) in self._known:
            return self._known[str(path)]
        try:
            content = Path(path).read_bytes()
        except (OSError, ValueError) as error:
            raise ValueError(f"there is no image {str(path)!r} that can be read") from error
        if content_type(content[:_LONGEST_SIGNATURE]) is None:
            raise ValueError(f"the file {str(path)!r} is not PNG, JPEG, GIF or TIFF")
        media = self.registry.media
        staged = self.files.enter_context(media.stage())
        with digest_file(staged.path, durable=media.durable) as file:
            file.write(content)
        self._known[str(path)] = file.digest
        self._staged.setdefault(file.digest, staged.path)
        self.sizes[file.digest] = file.size
        return file.digest

    def count(self, half: Half) -> Counter[str]:
        """Return how many rows name each image."""
        counts: Counter[str] = Counter()
        for name in self.names:
            if isinstance(half.data, list):
                counts.update(record[name] for record in half.data if name in record)
            elif name in half.data.column_names:
                counts.update(half.data[name].drop_null().to_pylist())
        return counts

    def publish(self, n_rows: Mapping[str, int]) -> None:
        """Put images into place; call it inside the write transaction."""
        for digest in n_rows:
            staged = self._staged.pop(digest, None)
            if staged is not None:
                self.registry.media.publish(staged, digest)

    def replace_paths(self, given: Given) -> None:
        """Copy the images that rows name, and put their digests in place of their paths."""
        for name in self.names:
            column = given.values[Kind.INFERENCE].get(name)
            if column is None:
                continue
            digests = as_list(column)
            for row, path in enumerate(digests):
                if is_null(path):
                    continue
                try:
                    digests[row] = self.take(path)
                except ValueError as error:
                    given.blame(row, f"{name!r}: {error}")
                    digests[row] = None
            given.values[Kind.INFERENCE][name] = digests


def save_image(registry: Registry, model_id: str, image_id: str, folder: Path, kind: str) -> str:
    """Write a stored image into a folder and return the path.

    Raises
    ------
    NotFoundError
        No inference of the model has such an image.
    MethodNotApplicableError
        Another rendering than the image itself is asked for.
    UserValueError
        The folder is not there.
    """
    kind = require_member(ImageResponseType, kind, "type")
    if kind != ImageResponseType.RawImage:
        raise MethodNotApplicableError(
            f"images are kept as they were sent and there is no {kind!r} of them; "
            "use type='raw_image'"
        )
    with registry.catalog.read() as session:
        log = logs.find(session, model_id)
        known = log is not None and log_objects.has(session, log.serial, image_id)
    if not known:
        raise NotFoundError(f"no inference of the model {model_id} has an image {image_id!r}")
    if not folder.is_dir():
        raise UserValueError(f"{folder} is not a folder; make it first")
    registry.media.verify(image_id)
    content = registry.media.path(image_id).read_bytes()
    found = content_type(content)
    path = folder / f"{kind}_{image_id}{_EXTENSIONS[found] if found else ''}"
    path.write_bytes(content)
    return str(path)
