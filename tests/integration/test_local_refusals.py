"""What a local backend refuses, and what a failure leaves behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.errors import (
    EmbedderChangedError,
    InvalidInputError,
    NotFiniteError,
    StorageError,
)
from memory_service.model.entry import Span
from memory_service.model.write import ConfigureNamespace, DropNamespace, Forget, Passage
from tests.support.builders import a_put, a_vector, a_write
from tests.support.clock import START
from tests.support.local_stores import opened
from tests.support.stores import IDENTITY, open_local

if TYPE_CHECKING:
    from pathlib import Path


def test_a_store_keeps_its_embedder_while_it_holds_entries(tmp_path: Path) -> None:
    other = replace(IDENTITY, name="another", dimensions=8)
    with opened(tmp_path) as backend:
        backend.bind(other)
        backend.apply(a_write(a_put(seed=None), Forget(id="a")))
        with backend.reader("ns", filter=None, now=START) as reader:
            assert len(reader.dense(a_vector(1, 8), 5).ordinals) == 0
        backend.bind(IDENTITY)
        backend.apply(a_write(a_put()))
        with backend.reader("ns", filter=None, now=START) as reader:
            assert len(reader.dense(a_vector(1), 5).ordinals) == 1

        with pytest.raises(EmbedderChangedError):
            backend.bind(other)

    lexical_only = open_local(tmp_path, identity=None)
    assert lexical_only.embedder_identity() == IDENTITY
    lexical_only.close()


def test_vectors_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    def passage(vector: np.ndarray[tuple[int], np.dtype[np.float32]]) -> tuple[Passage, ...]:
        return (Passage(span=Span(start=0, stop=1), vector=vector),)

    broken = np.full(IDENTITY.dimensions, np.nan, np.float32)
    with opened(tmp_path) as backend:
        with pytest.raises(NotFiniteError):
            backend.apply(a_write(a_put("a"), replace(a_put("b"), passages=passage(broken))))
        with pytest.raises(InvalidInputError):
            backend.apply(a_write(replace(a_put(), passages=passage(a_vector(1, 3)))))
        assert backend.namespaces() == []


def test_a_setting_that_is_refused_is_named_where_it_stands_in_the_request(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        for key, value in (("language", "klingon"), ("colour", "red")):
            with pytest.raises(InvalidInputError) as caught:
                backend.apply(a_write(ConfigureNamespace(settings={key: value})))
            assert caught.value.field == f"/settings/{key}"
        assert backend.namespaces() == []


def test_a_commit_that_fails_changes_nothing_in_memory(tmp_path: Path) -> None:
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put()))
    before = backend.status()

    backend._database.close()
    with pytest.raises(StorageError):
        backend.apply(a_write(a_put("b"), namespace="other"))

    assert backend.status() == before
    backend._writer.close()


def test_after_a_fatal_error_nothing_is_tried_until_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put()))
        before = backend.status()

        backend._database._dead.set()
        with pytest.raises(StorageError, match="restart"):
            backend.apply(a_write(a_put("b")))
        with pytest.raises(StorageError, match="restart"):
            backend.sessions("ns", now=START, after=None, limit=1)

        assert backend.status() == before
        backend._database._dead.clear()


def test_a_dropped_namespace_answers_no_reader_that_is_still_open(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put()))

        with backend.reader("ns", filter=None, now=START) as reader:
            backend.apply(a_write(DropNamespace()))

            assert reader.lexical("june", 5).ordinals.tolist() == []
            assert reader.dense(a_vector(1), 5).ordinals.tolist() == []
            assert reader.recent(5).tolist() == []


def test_the_database_reaches_nothing_but_its_file(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    with opened(tmp_path) as backend:
        for sql in (
            f"SELECT * FROM read_csv('{outside}')",  # noqa: S608  # the attempt itself
            f"COPY (SELECT 1) TO '{tmp_path / 'written.csv'}'",
            f"ATTACH '{tmp_path / 'other.duckdb'}'",
            "SET enable_external_access = true",
            "INSTALL fts",
        ):
            with pytest.raises(StorageError):
                backend._database.rows(sql)
