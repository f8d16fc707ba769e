"""What is derived from the rows and lies beside them: does it prove itself, and say the same?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.backends.local_binding import space_of
from memory_service.backends.local_reembedding import vectors_folder
from memory_service.backends.verifying.findings import REBUILD, Check, Finding, Places
from memory_service.durable import checksum_of
from memory_service.index.analysis.analyser import ANALYSER_VERSION
from memory_service.index.lexical.files import Files
from memory_service.index.lexical.manifest import Origin
from memory_service.index.manifest import SnapshotUnusableError
from memory_service.index.vectors import snapshot
from memory_service.index.vectors.halves import HALF
from memory_service.index.vectors.snapshot import SnapshotExpectation
from memory_service.store.catalogue import sealed_file
from memory_service.store.catalogue.row import NEVER
from memory_service.store.recordfile import manifest as records
from memory_service.store.recordfile.format import OddRecordError, unpacked
from memory_service.store.recordfile.places import Places as RecordPlaces
from memory_service.store.recordfile.places import offset_of, volume_of
from memory_service.store.recordfile.volume import Volume, file_of
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from memory_service.index.lexical.segment import Segment
    from memory_service.index.vectors.snapshot import Snapshot
    from memory_service.model.read import Ordinals
    from memory_service.store.connection import Database
    from memory_service.store.schema import StoreIdentity

#: Vectors and records compared at once.
_STRETCH = 2_000
_ANOTHER_HISTORY = "the store has another history than it has seen"


def check_catalogue(database: Database, index: Path, identity: StoreIdentity) -> Check:
    """The catalogue's file holds every entry that is alive, with its expiry."""
    file = index / "catalogue" / "sealed"
    if not file.exists():
        return _absent("catalogue")
    try:
        sealed, stamp = sealed_file.read(file)
    except sealed_file.UnusableError as error:
        return _unusable("catalogue", str(error))
    if (stamp.cluster_id, stamp.chain) != (
        identity.cluster_id,
        _chain_at(database, stamp.watermark),
    ):
        return _unusable("catalogue", _ANOTHER_HISTORY)
    live = _live(database, stamp.watermark)
    order = np.argsort(sealed.ordinals)
    ordinals = sealed.ordinals[order]
    rows = database.columns(statement("expiries"), {"upto": stamp.watermark, "never": NEVER})
    wanted = rows["expires"][np.searchsorted(rows["seq"], live)]
    held = np.isin(live, ordinals)
    at = order[np.searchsorted(ordinals, live[held])]
    differs = sealed.rows["expires"][at] != wanted[held]
    places = Places()
    places.note("catalogue_differs", *live[~held].tolist(), *live[held][differs].tolist())
    return _check("catalogue", len(live), places)


def check_records(database: Database, index: Path, identity: StoreIdentity) -> Check:
    """Every record of a live entry proves itself and is of the entry the row says."""
    folder = index / "records"
    if not (folder / "manifest.json").exists():
        return _absent("records")
    try:
        manifest = records.Manifest.read(folder)
        data = (folder / manifest.places).read_bytes()
        if checksum_of(data) != manifest.checksum:
            return _unusable("records", "the places are damaged")
        places = RecordPlaces.decoded(np.frombuffer(data, np.int64))
    except (OSError, ValueError, TypeError, KeyError) as error:
        return _unusable("records", str(error))
    if (manifest.cluster_id, manifest.chain) != (
        identity.cluster_id,
        _chain_at(database, manifest.watermark),
    ):
        return _unusable("records", _ANOTHER_HISTORY)
    return _compare_records(database, folder, manifest, places)


def _compare_records(
    database: Database, folder: Path, manifest: records.Manifest, held: RecordPlaces
) -> Check:
    volumes = {
        seal.number: Volume(file_of(folder, seal.number), number=seal.number, size=seal.size)
        for seal in manifest.volumes
        if file_of(folder, seal.number).exists()
    }
    live, places = np.intersect1d(_live(database, manifest.watermark), held.known()), Places()
    for start in range(0, len(live), _STRETCH):
        ordinals = live[start : start + _STRETCH].tolist()
        hashes = database.rows(statement("select_draft_hashes"), {"ordinals": ordinals})
        odd = [
            ordinal
            for ordinal, draft_hash in hashes
            if not _says(volumes, held.get(ordinal), ordinal, draft_hash)
        ]
        places.note("record_differs", *odd)
    return _check("records", len(live), places)


def _says(volumes: dict[int, Volume], place: int, ordinal: int, draft_hash: bytes) -> bool:
    """Whether the record there is that of the entry; one that was moved since counts as such."""
    volume = volumes.get(volume_of(place))
    if volume is None:
        return True
    try:
        data = volume.read(offset_of(place))
        return draft_hash.startswith(unpacked(data, ordinal).proof)
    except (OddRecordError, OSError):
        return False


def check_lexical(database: Database, index: Path, identity: StoreIdentity, newest: int) -> Check:
    """The segments prove themselves and hold as many postings of each live entry as the rows."""
    folder = index / "lexical"
    if not (folder / "manifest.json").exists():
        return _absent("full-text index")
    files = Files(
        folder,
        origin=Origin(cluster_id=identity.cluster_id, analyser=ANALYSER_VERSION),
        chain_at=lambda seq: _chain_at(database, seq),
    )
    try:
        files.take_up(newest=newest)
    except SnapshotUnusableError as error:
        return _unusable("full-text index", error.reason)
    rows = database.columns(statement("posting_counts"), {"upto": files.watermark})
    ordinals, wanted = rows["seq"].astype(np.int64), rows["postings"].astype(np.int64)
    found = _posting_counts(files.segments, ordinals)
    places = Places()
    places.note("segment_differs", *ordinals[found != wanted].tolist())
    return _check("full-text index", int(wanted.sum()), places)


def _posting_counts(segments: Iterable[Segment], ordinals: Ordinals) -> Ordinals:
    """How many postings of each of these, rising, the segments hold together."""
    found = np.zeros(len(ordinals), np.int64)
    for segment in segments:
        counts = np.bincount(segment.places, minlength=len(segment.entries))
        at = np.searchsorted(ordinals, segment.entries)
        here = ordinals.take(at, mode="clip") == segment.entries if len(ordinals) else at < 0
        found[at[here]] += counts[here]
    return found


def check_index(database: Database, index: Path, identity: StoreIdentity, newest: int) -> Check:
    """The vector index proves itself, and holds the vectors of the rows to the bit."""
    folder = vectors_folder(index, identity.generation)
    if identity.embedder is None or not (folder / "manifest.json").exists():
        return _absent("vector index")
    space = space_of(identity.embedder, identity.versions)
    expect = SnapshotExpectation(
        newest=newest,
        fingerprint=space.fingerprint,
        cluster_id=identity.cluster_id,
        dimensions=space.dimensions,
    )
    try:
        found = snapshot.read(folder, expect)
        for seal in found.manifest.sealed:
            seal.index.check(folder)
            seal.places.check(folder)
        _check_length(folder, found)
    except SnapshotUnusableError as error:
        return _unusable("vector index", error.reason)
    except (OSError, ValueError) as error:
        return _unusable("vector index", str(error))
    if found.manifest.chain != _chain_at(database, found.manifest.watermark):
        return _unusable("vector index", _ANOTHER_HISTORY)
    return _compare_vectors(database, folder, found)


def _check_length(folder: Path, found: Snapshot) -> None:
    """Refuse a file of vectors that has lost some; see `VectorFile`."""
    file = folder / found.manifest.vectors
    rows = file.stat().st_size // (found.manifest.dimensions * HALF.itemsize)
    if rows < found.manifest.rows:
        raise ValueError(f"{file.name} is shorter than its {found.manifest.rows} rows")


def _compare_vectors(database: Database, folder: Path, found: Snapshot) -> Check:
    manifest, table = found.manifest, found.table
    width = manifest.dimensions * HALF.itemsize
    pairs = zip(table.ordinals.tolist(), table.parts.tolist(), table.rows.tolist(), strict=True)
    rows = {(ordinal, part): row for ordinal, part, row in pairs}
    live = set(_live(database, manifest.watermark).tolist())
    looked, places = 0, Places()
    with (folder / manifest.vectors).open("rb") as stream:
        for after in range(0, manifest.watermark, _STRETCH):
            until = min(after + _STRETCH, manifest.watermark)
            bounds = {"after": after, "until": until}
            for _, ordinal, part, x in database.rows(statement("select_vectors"), bounds):
                if ordinal not in live:
                    continue
                row = rows.get((ordinal, part), -1)
                stream.seek(max(row, 0) * width)
                if row < 0 or stream.read(width) != x:
                    places.note("index_differs", ordinal)
                looked += 1
    return _check("vector index", looked, places)


def _live(database: Database, upto: int) -> Ordinals:
    return database.columns(statement("select_live"), {"upto": upto})["seq"].astype(np.int64)


def _chain_at(database: Database, seq: int) -> str:
    rows = database.rows(statement("select_chain"), {"seq": seq})
    return "".join(chain for (chain,) in rows)


def _absent(name: str) -> Check:
    return Check(name=name, looked_at=0, note="nothing saved yet; a start builds it")


def _unusable(name: str, reason: str) -> Check:
    code = f"{name.replace('-', '_').replace(' ', '_')}_unusable"
    finding = Finding(
        code=code, count=1, detail=f"the {name} cannot be used: {reason}", next_step=REBUILD
    )
    return Check(name=name, looked_at=0, findings=(finding,))


def _check(name: str, looked: int, places: Places) -> Check:
    findings = places.findings(
        lambda _: f"entries of which the {name} says something else than the rows",
        next_step=REBUILD,
    )
    return Check(name=name, looked_at=looked, findings=findings)
