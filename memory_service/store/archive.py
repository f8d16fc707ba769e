"""A backup as one file: an uncompressed tar archive of a manifest and the database, in this order.

Nothing in it is unpacked by name.  What is read is the manifest and the one file it may name, as
long as the manifest says, byte by byte into a file of the caller's.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from memory_service.durable import sync
from memory_service.errors import BackupRefusedError
from memory_service.store.manifest import DATABASE, manifest_bytes, parsed_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import IO

    from memory_service.model.keeping import BackupManifest

    Advance = Callable[[int, int], None]

_MANIFEST = "manifest.json"
_MOST_MANIFEST = 1 << 16
_PART = 1 << 20


def write_archive(
    target: Path, manifest: BackupManifest, parts: Iterable[bytes], *, progress: Advance
) -> None:
    """Write the backup whose database is *parts*; the file is there whole and synced, or not.

    Raises:
        BackupRefusedError: If the parts are not what the manifest says.
    """
    fresh = target.with_name(f".{target.name}.part")
    try:
        with fresh.open("xb") as stream, tarfile.open(fileobj=stream, mode="w") as archive:
            head = manifest_bytes(manifest)
            archive.addfile(_member(_MANIFEST, len(head), manifest), io.BytesIO(head))
            archive.addfile(_member(DATABASE, manifest.file.size, manifest))
            _copy(parts, stream, manifest, progress)
            stream.write(bytes(-manifest.file.size % tarfile.BLOCKSIZE))
        fresh.chmod(0o600)
        sync(fresh)
        fresh.replace(target)
        sync(target.parent)
    finally:
        fresh.unlink(missing_ok=True)


def _member(name: str, size: int, manifest: BackupManifest) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    member.mtime = int(manifest.created_at.timestamp())
    return member


@contextmanager
def opened_archive(source: Path) -> Iterator[tuple[BackupManifest, IO[bytes]]]:
    """The manifest of a backup, and its database as a stream.

    Raises:
        BackupRefusedError: If it is no backup, or damaged, or holds anything else.
    """
    try:
        with tarfile.open(source, mode="r:") as archive:
            manifest = parsed_manifest(_read(archive, _MANIFEST, _MOST_MANIFEST).read())
            yield manifest, _read(archive, DATABASE, manifest.file.size)
            if archive.next() is not None:
                raise _odd(source)
    except (tarfile.TarError, EOFError) as error:
        raise _odd(source) from error


def _read(archive: tarfile.TarFile, name: str, most: int) -> IO[bytes]:
    """The next file, which has to be this one: a plain file of no more than *most* bytes."""
    member = archive.next()
    if member is None or member.name != name or not member.isreg() or member.size > most:
        raise tarfile.ReadError(name)
    stream = archive.extractfile(member)
    if stream is None:
        raise tarfile.ReadError(name)
    return stream


def _odd(source: Path) -> BackupRefusedError:
    return BackupRefusedError(
        f"{source} is no backup, is cut off, or holds more than a backup does; nothing was "
        "changed. Take another backup."
    )


def unpack(stream: IO[bytes], manifest: BackupManifest, target: Path, *, progress: Advance) -> None:
    """Write the database of a backup to *target*, synced, and see that it is the one named.

    Raises:
        BackupRefusedError: If it is not.
    """
    parts = iter(lambda: stream.read(_PART), b"")
    with target.open("xb") as file:
        _copy(parts, file, manifest, progress)
    sync(target)


def _copy(
    parts: Iterable[bytes], file: IO[bytes], manifest: BackupManifest, progress: Advance
) -> None:
    done, digest, size = 0, hashlib.sha256(), manifest.file.size
    for part in parts:
        done += len(part)
        if done > size:
            break
        digest.update(part)
        file.write(part)
        progress(done, size)
    if done != size or digest.hexdigest() != manifest.file.sha256:
        raise BackupRefusedError(
            "The backup's database is not what its manifest says: it was cut off or changed. "
            "Nothing was replaced; take another backup."
        )
