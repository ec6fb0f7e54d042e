from __future__ import annotations

import numpy as np
import pytest

from w2s_trainer import inputs, models
from w2s_trainer.call import Call
from w2s_trainer.errors import BadInput
from w2s_trainer.features.patches import PatchFeatures
from w2s_trainer.features.pixels import PixelFeatures
from w2s_trainer.features.words import WordFeatures


def quiet() -> Call:
    return Call(lambda event: None, lambda: False, "cpu")


def words(*texts: dict[str, str], buckets: int = 4096, ngrams: int = 1) -> np.ndarray:
    return WordFeatures(models.HashedWords(buckets, ngrams)).compute(texts, [0], quiet(), 0, len(texts))[0]


def images(count: int, side: int = 8, seed: int = 0) -> list[dict]:
    random = np.random.Generator(np.random.PCG64(seed))
    return [{"image": random.random((side, side)).tolist()} for _ in range(count)]


def test_words_are_lower_cased_and_punctuation_counts() -> None:
    found = words({"text": "Good film !"}, {"text": "good FILM!"}, {"text": "good film"})
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert np.allclose(np.linalg.norm(found, axis=1), 1)


def test_word_order_matters_only_with_pairs() -> None:
    texts = {"text": "not good"}, {"text": "good not"}
    single, pairs = words(*texts), words(*texts, ngrams=2)
    assert np.array_equal(single[0], single[1])
    assert not np.array_equal(pairs[0], pairs[1])


def test_fields_are_told_apart() -> None:
    one, other = words(
        {"prompt": "which", "first": "good", "second": "bad"}, {"prompt": "which", "first": "bad", "second": "good"}
    )
    assert not np.array_equal(one, other)


def test_a_text_without_words_is_all_zero() -> None:
    assert not words({"text": "  "}).any()


def test_pixels_are_averaged_over_squares() -> None:
    image = [[0, 0.5, 1, 1], [0.5, 1, 1, 1], [0, 0, 0.25, 0.25], [0, 0, 0.25, 0.25]]
    found = PixelFeatures(models.Pixels(2)).compute([{"image": image}], [0], quiet(), 0, 1)[0]
    assert found.tolist() == [[0.5, 1, 0, 0.25]]


def test_pixels_at_a_cut_edge_are_averages_too() -> None:
    found = PixelFeatures(models.Pixels(2)).compute([{"image": [[1] * 3] * 3}], [0], quiet(), 0, 1)[0]
    assert found.tolist() == [[1, 1, 1, 1]]


def test_patches_are_learned_without_a_seed_and_kept() -> None:
    data = inputs.dataset("d", images(40))
    spec = models.Patches(3, 16)
    one, two = (PatchFeatures.learn(spec, data, quiet()) for _ in range(2))
    assert one.outputs == two.outputs
    found = one.compute(data.inputs, [0], quiet(), 0, 40)[0]
    assert found.shape == (40, 4 * 16)
    again = PatchFeatures(spec, one.state()["centroids"]).compute(data.inputs, [0], quiet(), 0, 40)[0]
    assert np.array_equal(found, again)


def test_more_centroids_than_patches_are_refused() -> None:
    with pytest.raises(BadInput, match="centroids: expected at most 1"):
        PatchFeatures.learn(models.Patches(8, 16), inputs.dataset("d", images(1)), quiet())


def test_a_patch_larger_than_the_image_is_refused() -> None:
    with pytest.raises(BadInput, match="size: expected at most 8"):
        PatchFeatures.learn(models.Patches(9, 16), inputs.dataset("d", images(3)), quiet())
