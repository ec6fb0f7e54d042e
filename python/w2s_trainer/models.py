"""Model specifications as they come in requests (src/models/): checked and made into values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import check
from .errors import BadInput, Unsupported

TYPES = ("linear", "huggingface")


@dataclass(frozen=True)
class HashedWords:
    buckets: int
    ngrams: int


@dataclass(frozen=True)
class Pixels:
    pool: int


@dataclass(frozen=True)
class Patches:
    size: int
    centroids: int


@dataclass(frozen=True)
class Pretrained:
    """Exactly one of `id`, `path` and `package` is set."""

    id: str | None = None
    revision: str | None = None
    path: str | None = None
    package: str | None = None
    module: str | None = None
    folder: str | None = None
    gguf: str | None = None

    def __str__(self) -> str:
        where = self.id or self.package or self.path or ""
        return f"{where} ({self.gguf})" if self.gguf else where


@dataclass(frozen=True)
class HiddenStates:
    """Pooled states of several layers: a fit asks for one, an embed for any number."""

    model: Pretrained
    layers: tuple[int, ...]
    pooling: str
    max_tokens: int


@dataclass(frozen=True)
class Score:
    """What a language model is asked. None for `prompt` or `continuations`: those of the inputs' kind."""

    model: Pretrained
    prompt: str | None
    continuations: tuple[str, ...] | None
    chat: bool
    max_tokens: int


FeatureSpec = HashedWords | Pixels | Patches | HiddenStates


@dataclass(frozen=True)
class Optimizer:
    learning_rate: float
    weight_decay: float
    epochs: int
    batch_size: int


@dataclass(frozen=True)
class FineTuneOptimizer(Optimizer):
    warmup: float


@dataclass(frozen=True)
class Linear:
    features: FeatureSpec
    optimizer: Optimizer


@dataclass(frozen=True)
class Lora:
    """`targets` is None for all linear layers but the output, else the last parts of their names."""

    rank: int
    alpha: float
    rank_stabilized: bool
    targets: tuple[str, ...] | None

    @property
    def scale(self) -> float:
        return self.alpha / (self.rank**0.5 if self.rank_stabilized else self.rank)


@dataclass(frozen=True)
class HuggingFace:
    """A fine-tuned transformer; `tune` is `head`, `full` or adapters."""

    model: Pretrained
    tune: str | Lora
    optimizer: FineTuneOptimizer
    max_tokens: int
    prompt: str | None
    labels: tuple[str, ...] | None
    chat: bool


ModelSpec = Linear | HuggingFace


def model(value: Any, name: str = "model") -> ModelSpec:
    if _type(value, name, TYPES) == "linear":
        fields = check.record(value, name, ("type", "features", "optimizer"))
        spec = features(fields["features"], f"{name}.features")
        return Linear(spec, Optimizer(**_optimizer(fields["optimizer"], f"{name}.optimizer")))
    fields = check.record(
        value, name, ("type", "model", "tune", "optimizer", "maxTokens", "chat"), ("prompt", "labels")
    )
    settings = _optimizer(fields["optimizer"], f"{name}.optimizer", ("warmup",))
    warmup = check.number(fields["optimizer"]["warmup"], f"{name}.optimizer.warmup", 0, 1)
    labels = fields.get("labels")
    return HuggingFace(
        pretrained(fields["model"], f"{name}.model"),
        _tune(fields["tune"], f"{name}.tune"),
        FineTuneOptimizer(**settings, warmup=warmup),
        check.integer(fields["maxTokens"], f"{name}.maxTokens", 8, 1 << 20),
        None if fields.get("prompt") is None else check.string(fields["prompt"], f"{name}.prompt"),
        None if labels is None else check.strings(labels, f"{name}.labels"),
        check.boolean(fields["chat"], f"{name}.chat"),
    )


def _tune(value: Any, name: str) -> str | Lora:
    kind = _type(value, name, ("head", "lora", "full"))
    if kind != "lora":
        check.record(value, name, ("type",))
        return kind
    fields = check.record(value, name, ("type", "rank", "alpha", "rankStabilized", "targets"))
    every = fields["targets"] == "all-linear"
    return Lora(
        check.integer(fields["rank"], f"{name}.rank", 1, 4096),
        check.number(fields["alpha"], f"{name}.alpha", 0, 1e6),
        check.boolean(fields["rankStabilized"], f"{name}.rankStabilized"),
        None if every else check.strings(fields["targets"], f"{name}.targets"),
    )


def _optimizer(value: Any, name: str, more: tuple[str, ...] = ()) -> dict[str, Any]:
    fields = check.record(value, name, ("learningRate", "weightDecay", "epochs", "batchSize", *more))
    return {
        "learning_rate": check.number(fields["learningRate"], f"{name}.learningRate", 1e-9, 1e3),
        "weight_decay": check.number(fields["weightDecay"], f"{name}.weightDecay", 0, 1e3),
        "epochs": check.integer(fields["epochs"], f"{name}.epochs", 1, 100_000),
        "batch_size": check.integer(fields["batchSize"], f"{name}.batchSize", 1, 1 << 20),
    }


def features(value: Any, name: str) -> FeatureSpec:
    match _type(value, name, ("hashed-words", "pixels", "patches", "hidden-states")):
        case "hashed-words":
            fields = check.record(value, name, ("type", "buckets", "ngrams"))
            return HashedWords(
                check.integer(fields["buckets"], f"{name}.buckets", 16, 16_384),
                check.integer(fields["ngrams"], f"{name}.ngrams", 1, 5),
            )
        case "pixels":
            fields = check.record(value, name, ("type", "pool"))
            return Pixels(check.integer(fields["pool"], f"{name}.pool", 1, 1024))
        case "patches":
            fields = check.record(value, name, ("type", "size", "centroids"))
            return Patches(
                check.integer(fields["size"], f"{name}.size", 1, 64),
                check.integer(fields["centroids"], f"{name}.centroids", 2, 4096),
            )
        case _:
            fields = check.record(value, name, ("type", "model", "layer", "pooling", "maxTokens"))
            layer = check.integer(fields["layer"], f"{name}.layer", 0, 10_000)
            return hidden_states(fields, name, (layer,))


def hidden_states(fields: Mapping[str, Any], name: str, layers: tuple[int, ...]) -> HiddenStates:
    return HiddenStates(
        pretrained(fields["model"], f"{name}.model"),
        layers,
        check.choice(fields["pooling"], f"{name}.pooling", ("last", "mean")),
        check.integer(fields["maxTokens"], f"{name}.maxTokens", 8, 1 << 20),
    )


def pretrained(value: Any, name: str) -> Pretrained:
    fields = check.record(value, name, (), ("id", "revision", "path", "package", "module", "folder", "gguf"))
    texts = {key: check.string(entry, f"{name}.{key}") for key, entry in fields.items()}
    allowed = {"id": {"id", "revision", "gguf"}, "path": {"path", "gguf"}}
    allowed["package"] = {"package", "module", "folder", "gguf"}
    kinds = [kind for kind in allowed if kind in texts]
    if len(kinds) != 1 or not texts.keys() <= allowed[kinds[0]] or ("package" in texts) != ("module" in texts):
        raise BadInput(
            f"{name}: expected {{id, revision?, gguf?}}, {{path, gguf?}} or {{package, module, folder?, gguf?}}, "
            f"found the fields {', '.join(texts) or '(none)'}."
        )
    return Pretrained(**texts)


def _type(value: Any, name: str, known: tuple[str, ...]) -> str:
    kind = value.get("type") if isinstance(value, Mapping) else None
    if not isinstance(kind, str):
        raise BadInput(f"{name}: expected an object with a type, found {check.show(value)}.")
    if kind not in known:
        raise Unsupported(f"{name}.type: this worker does not know {check.show(kind)}; it knows {', '.join(known)}.")
    return kind
