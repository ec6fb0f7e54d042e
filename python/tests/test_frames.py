from __future__ import annotations

import os

import numpy as np
import pytest

from w2s_trainer.frames import Blob, BrokenFrame, FrameWriter, read_frame

from .client import Client, frame


def read(data: bytes) -> dict | None:
    inner, outer = os.pipe()
    os.write(outer, data)
    os.close(outer)
    try:
        return read_frame(inner)
    finally:
        os.close(inner)


def test_blobs_come_back_where_the_body_refers_to_them() -> None:
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    b = np.array([3, 1], np.int32)
    got = read(frame({"id": 1, "op": "x", "body": {"deep": {"a": {"$blob": 0}}, "b": {"$blob": 1}}}, [a, b]))
    assert got is not None
    assert np.array_equal(got["body"]["deep"]["a"].array(), a)
    assert np.array_equal(got["body"]["b"].array(), b)


def test_what_is_written_can_be_read() -> None:
    inner, outer = os.pipe()
    FrameWriter(outer).write(
        {"id": 2, "type": "result", "body": {"m": np.ones((2, 2)), "none": np.empty((0, 3)), "é": 1}}
    )
    os.close(outer)
    got = read_frame(inner)
    assert got is not None
    assert isinstance(got["body"]["m"], Blob)
    assert got["body"]["m"].array().tolist() == [[1, 1], [1, 1]]
    assert got["body"]["none"].shape == (0, 3)
    assert got["body"]["é"] == 1
    assert read_frame(inner) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello, I am not a frame", "starts with"),
        (b"W2S1" + (3).to_bytes(4, "little") + bytes(8) + b"{}}", "JSON"),
        (b"W2S1" + (2).to_bytes(4, "little") + bytes(8) + b"[]", "object"),
        (frame({"id": 1, "op": "x", "body": {"a": {"$blob": 4}}}), "blob"),
        (frame({"id": 1}, [np.zeros(2, np.float32)])[:-4] + b"", None),
    ],
)
def test_broken_frames_are_refused(data: bytes, words: str | None) -> None:
    with pytest.raises(EOFError if words is None else BrokenFrame, match=words):
        read(data)


def test_a_worker_that_reads_nonsense_says_so_and_ends(worker: Client) -> None:
    worker.write(b"this is not the protocol")
    assert worker.process.wait(10) == 2
    worker._reader.join(5)
    assert b"request stream is broken" in worker.stderr
