"""A bundle as a file: a ZIP archive without compression, whose comment is the hash of the rest.

The comment makes every byte count, also those of the archive's own records. Whatever a program
for ZIP archives might be led astray by is refused: compression, links, two members of one name
or in one place, names that are not those of the manifest. Names are never used as paths.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from modelgroups.bundle.documents import dump_json, load_json
from modelgroups.catalog.setup import HEAD
from modelgroups.errors import BundleError, ModelGroupsError, SnapshotCorruptError

__all__ = ["CATALOG", "Bundle", "Writer", "opened", "written"]

CATALOG = "catalog.json"
_MANIFEST = "manifest.json"
_FORMAT, _VERSION = "modelgroups-bundle", 1
_MAGIC = b"PK\x03\x04"
_SEAL = 64  # bytes of the comment: a SHA-256 in hexadecimal
_HEADER = 30  # bytes before the name of a member
_MODE = stat.S_IFREG | 0o600
_MOST_JSON = 256 << 20
_LOT = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Writer:
    """Writes the members of a bundle, in the order of their names."""

    archive: ZipFile

    def add(self, name: str, source: BinaryIO, size: int, digest: str) -> None:
        """Copy a file, hashed in passing.

        Raises
        ------
        SnapshotCorruptError
            It does not have that hash.
        """
        found, n_bytes = hashlib.sha256(), 0
        with self.archive.open(_info(name, size), "w") as member:
            while lot := source.read(_LOT):
                found.update(lot)
                n_bytes += len(lot)
                member.write(lot)
        if found.hexdigest() != digest or n_bytes != size:
            raise SnapshotCorruptError(
                f"the file {getattr(source, 'name', name)} was changed since it was saved; "
                "connection.verify() tells what else is wrong"
            )

    def add_manifest(self, group_id: str, files: Mapping[str, tuple[int, str]]) -> None:
        """Write what the bundle holds: the size and the hash of each of its files."""
        manifest = dump_json(
            {
                "format": _FORMAT,
                "version": _VERSION,
                "revision": HEAD,
                "group": group_id,
                "files": {name: list(files[name]) for name in sorted(files)},
            }
        )
        self._add_json(_MANIFEST, manifest)

    def add_catalog(self, document: bytes) -> None:
        """Write the rows."""
        self._add_json(CATALOG, document)

    def _add_json(self, name: str, document: bytes) -> None:
        if len(document) > _MOST_JSON:
            raise BundleError(
                f"the {name} of the bundle would have {len(document):,} bytes, and at most "
                f"{_MOST_JSON:,} are taken in; fold rows into files first with model.compact()"
            )
        with self.archive.open(_info(name, len(document)), "w") as member:
            member.write(document)


def _info(name: str, size: int) -> ZipInfo:
    """Return the record of a member, in which nothing depends on when and where it is made."""
    info = ZipInfo(name)
    info.create_system = 3
    info.external_attr = _MODE << 16
    info.file_size = size
    return info


@contextmanager
def written(file: BinaryIO) -> Iterator[Writer]:
    """Write a bundle to an open file, in place of what that holds."""
    file.seek(0)
    file.truncate()
    with ZipFile(file, "w", ZIP_STORED) as archive:
        yield Writer(archive)
        archive.comment = b"0" * _SEAL
    end = file.seek(-_SEAL, os.SEEK_END)
    file.flush()
    seal = _hash_of_start(file, end)
    file.seek(end)
    file.write(seal.encode())


def _hash_of_start(file: IO[bytes], end: int) -> str:
    file.seek(0)
    found = hashlib.sha256()
    while end > 0 and (lot := file.read(min(_LOT, end))):
        found.update(lot)
        end -= len(lot)
    return found.hexdigest()


@dataclass(frozen=True)
class Bundle:
    """A bundle that is open: its bytes have the hash that they were written with.

    Parameters
    ----------
    group_id
        The group that it holds.
    files
        The size and the hash of each file, by name, but for the catalog.
    catalog
        The rows as JSON.
    archive
        Where the files are.
    """

    group_id: str
    files: Mapping[str, tuple[int, str]]
    catalog: bytes
    archive: ZipFile

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Offer the bytes of a file.

        Raises
        ------
        BundleError
            They are not those that the archive says.
        """
        try:
            with self.archive.open(name) as member:
                yield member
        except (BadZipFile, EOFError) as error:
            raise BundleError(f"the file {name!r} of the bundle is damaged: {error}") from error


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """Open a bundle once all of its bytes, and how it is made, were checked.

    Raises
    ------
    BundleError
        There is none, it is damaged, made up, or of a newer release.
    """
    if not path.is_file():
        raise BundleError(f"there is no bundle {str(path)!r}")
    try:
        with path.open("rb") as file:
            _require_seal(file, path)
            with ZipFile(file) as archive:
                yield _checked(archive, file)
    except ModelGroupsError:  # some of ours are OSErrors too
        raise
    except (BadZipFile, EOFError, NotImplementedError) as error:
        raise BundleError(f"{str(path)!r} is no bundle: {error}") from error
    except OSError as error:
        raise BundleError(f"the bundle {str(path)!r} cannot be read: {error}") from error


def _require_seal(file: IO[bytes], path: Path) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC or size < _SEAL:
        raise BundleError(f"{str(path)!r} is no bundle; group.export() writes one")
    end = size - _SEAL
    file.seek(end)
    if file.read() != _hash_of_start(file, end).encode():
        raise BundleError(
            f"the bundle {str(path)!r} is not whole, or was changed since it was written; copy it "
            "again from where it comes from"
        )


def _checked(archive: ZipFile, file: IO[bytes]) -> Bundle:
    members = _members(archive, file)
    manifest = load_json(_small(archive, members, _MANIFEST), _MANIFEST)
    group_id, files = _told(manifest)
    absent, strangers = files.keys() - members.keys(), members.keys() - files.keys() - {_MANIFEST}
    if absent or strangers:
        name = min(absent or strangers)
        raise BundleError(
            f"the bundle {'lacks' if absent else 'has'} a file {name!r} that its manifest "
            f"{'names' if absent else 'does not name'}"
        )
    for name, (size, _) in files.items():
        if members[name].file_size != size:
            raise BundleError(
                f"the file {name!r} of the bundle has {members[name].file_size:,} bytes, and its "
                f"manifest says {size:,}"
            )
    catalog = _small(archive, members, CATALOG)
    if hashlib.sha256(catalog).hexdigest() != files[CATALOG][1]:
        raise BundleError("the bundle's catalog does not have the hash that its manifest says")
    rest = {name: told for name, told in files.items() if name != CATALOG}
    return Bundle(group_id, rest, catalog, archive)


def _members(archive: ZipFile, file: IO[bytes]) -> dict[str, ZipInfo]:
    """Return the members by name, after checking that each is plainly there."""
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    size, end = file.seek(0, os.SEEK_END), 0
    for info in infos:
        plain = (
            info.compress_type == ZIP_STORED
            and info.compress_size == info.file_size
            and info.external_attr == _MODE << 16
            and info.flag_bits == 0
        )
        if not plain:
            raise BundleError(
                f"the member {info.filename!r} of the bundle is compressed, encrypted, or no file"
            )
        if info.header_offset < end or info.header_offset + info.file_size > size:
            raise BundleError(f"the member {info.filename!r} of the bundle lies within another one")
        end = info.header_offset + _HEADER + len(info.filename) + info.file_size
    members = {info.filename: info for info in infos}
    if len(members) < len(infos):
        raise BundleError("two members of the bundle have one name")
    return members


def _small(archive: ZipFile, members: Mapping[str, ZipInfo], name: str) -> bytes:
    info = members.get(name)
    if info is None:
        raise BundleError(f"the archive has no {name}; it is no bundle")
    if info.file_size > _MOST_JSON:
        raise BundleError(f"the bundle's {name} has {info.file_size:,} bytes, which is too many")
    return archive.read(info)


def _told(manifest: Any) -> tuple[str, dict[str, tuple[int, str]]]:
    """Return the group and the files that a manifest tells of."""
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise BundleError("the archive's manifest is not that of a bundle")
    version, revision = manifest.get("version"), manifest.get("revision")
    if version != _VERSION or not isinstance(revision, str) or revision > HEAD:
        raise BundleError(
            f"a newer release of modelgroups wrote the bundle (format {version!r}, revision "
            f"{revision!r}; this one knows {_VERSION} and {HEAD!r}); upgrade to take it in"
        )
    group_id, files = manifest.get("group"), manifest.get("files")
    if not isinstance(group_id, str) or not isinstance(files, dict) or CATALOG not in files:
        raise BundleError("the bundle's manifest lacks its group or its files")
    for name, told in files.items():
        if not (isinstance(told, list) and len(told) == 2 and _is_size_and_hash(*told)):
            raise BundleError(f"the bundle's manifest has no size and hash of {name!r}")
    return group_id, {name: (told[0], told[1]) for name, told in files.items()}


def _is_size_and_hash(size: Any, digest: Any) -> bool:
    return type(size) is int and isinstance(digest, str) and bool(_SHA256.fullmatch(digest))
