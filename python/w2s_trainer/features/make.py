"""From a specification (and what a checkpoint kept) to a map that computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..call import Call
from ..errors import BadInput
from ..inputs import KINDS, Dataset
from ..models import FeatureSpec, HashedWords, HiddenStates, Patches, Pixels
from .base import FeatureMap
from .patches import PatchFeatures
from .pixels import PixelFeatures
from .words import WordFeatures

MakeHidden = Callable[[HiddenStates, Call], FeatureMap]

_NEEDS_IMAGES = (Pixels, Patches)


def learn(spec: FeatureSpec, dataset: Dataset, hidden: MakeHidden, call: Call) -> FeatureMap:
    """The map for a fit that trains on (rows of) `dataset`."""
    if isinstance(spec, Patches):
        check_kind(spec, dataset, "train.dataset")
        return PatchFeatures.learn(spec, dataset, call)
    return restore(spec, {}, hidden, call)


def restore(spec: FeatureSpec, state: Mapping[str, np.ndarray], hidden: MakeHidden, call: Call) -> FeatureMap:
    """The map that `state` was kept of."""
    match spec:
        case HashedWords():
            return WordFeatures(spec)
        case Pixels():
            return PixelFeatures(spec)
        case Patches():
            return PatchFeatures(spec, state["centroids"])
        case HiddenStates():
            return hidden(spec, call)


def check_kind(spec: FeatureSpec, dataset: Dataset, name: str) -> None:
    """Images for pixels and patches, texts for the others."""
    if isinstance(spec, _NEEDS_IMAGES) != (dataset.kind == "image"):
        expected = "images" if isinstance(spec, _NEEDS_IMAGES) else "texts"
        raise BadInput(
            f"{name}: {type(spec).__name__} features need {expected}, but its inputs are of the kind "
            f"{dataset.kind} ({', '.join(KINDS[dataset.kind])})."
        )
