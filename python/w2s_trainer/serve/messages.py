"""Messages that pass through: read where the server must know them, sent on as the bytes that came."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..check import show
from ..errors import BadInput
from ..frames import MAGIC, Blob, BrokenFrame, parse_frame
from .canonical import content_hash

LENGTHS = struct.Struct("<IQ")
START = len(MAGIC) + LENGTHS.size
CALL = 1
"""The id of every message over HTTP: an answer belongs to the request in whose response it comes."""


@dataclass(frozen=True)
class Request:
    op: str
    body: Mapping[str, Any]
    data: bytes

    @property
    def identity(self) -> str:
        """Equal for equal requests, however their fields and arrays are ordered."""
        text = json.dumps([self.op, self.body], sort_keys=True, default=_blob_in_words)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def check_hash(self) -> None:
        """What a `put` names must be what it holds: other clients trust the name and send no inputs of their own."""
        named, inputs = self.body.get("hash"), self.body.get("inputs")
        try:
            found = content_hash(inputs)
        except ValueError as error:
            raise BadInput(f"inputs: expected plain JSON, found something else ({error}).") from None
        if named != found:
            raise BadInput(
                f"hash: expected the SHA-256 of the inputs' canonical JSON (RFC 8785), which is {found}, "
                f"found {show(named)}."
            )

    @property
    def shared(self) -> bool:
        """Whether its answer serves all who ask the same: that of a fit, but for one that brings inputs along."""
        return self.op == "fit" and not any("inputs" in entry for entry in self._rows())

    def datasets(self) -> list[str]:
        """Hashes of the datasets that it refers to and does not bring along."""
        hashes = [entry.get("dataset") for entry in self._rows() if "inputs" not in entry]
        return list(dict.fromkeys(name for name in hashes if isinstance(name, str)))

    def _rows(self) -> list[Mapping[str, Any]]:
        """What has not the form of rows is the worker's to complain about."""
        body = self.body
        named = body.get("predict")
        rows = [body.get("rows"), body.get("train"), body.get("validation")]
        rows += list(named.values()) if isinstance(named, Mapping) else []
        return [entry for entry in rows if isinstance(entry, Mapping)]


@dataclass(frozen=True)
class Answer:
    """A message of a worker's; `header` as it stands in JSON."""

    header: Mapping[str, Any]
    data: bytes

    @property
    def type(self) -> str:
        return self.header["type"]

    @property
    def body(self) -> Mapping[str, Any]:
        return self.header["body"]

    def with_body(self, body: Mapping[str, Any]) -> Answer:
        """Another body with the same blobs."""
        header_length, _ = LENGTHS.unpack(self.data[len(MAGIC) : START])
        header = {**self.header, "body": body}
        return Answer(header, _frame(header, self.data[START + header_length :]))


def request(data: bytes) -> Request:
    """Reads a request; whatever passes here can be handed to a worker."""
    try:
        header = parse_frame(data)
    except (BrokenFrame, RecursionError) as error:
        raise BadInput(f"The request is no frame of the protocol: {error}. See docs/protocol.md.") from None
    number, op, body = header.get("id"), header.get("op"), header["body"]
    if type(number) is not int or number != CALL:
        raise BadInput(f"id: over HTTP every request has the id {CALL}, found {str(number)[:80]}.")
    if not isinstance(op, str) or not isinstance(body, Mapping):
        raise BadInput("The request: expected {id, op: string, body: object}.")
    if op == "cancel":
        raise BadInput("op: over HTTP a call is cancelled by DELETE /v1/calls/ID.")
    return Request(op, body, data)


def ask(op: str, body: Mapping[str, Any]) -> bytes:
    """A request of the server's own."""
    return _frame({"id": CALL, "op": op, "body": body, "blobs": []}, b"")


def message(kind: str, body: Mapping[str, Any], number: int = CALL) -> Answer:
    header = {"id": number, "type": kind, "body": body, "blobs": []}
    return Answer(header, _frame(header, b""))


def error(code: str, text: str) -> Answer:
    return message("error", {"code": code, "message": text})


def _frame(header: Mapping[str, Any], blobs: bytes) -> bytes:
    text = json.dumps(header, allow_nan=False, ensure_ascii=False).encode("utf-8", "replace")
    return MAGIC + LENGTHS.pack(len(text), len(blobs)) + text + blobs


def _blob_in_words(value: Any) -> Any:
    if isinstance(value, Blob):
        return [value.dtype, value.shape, hashlib.sha256(value.data).hexdigest()]
    raise TypeError(type(value).__name__)
