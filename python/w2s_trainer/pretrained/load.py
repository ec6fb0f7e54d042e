"""Loads a transformer and its tokenizer. A GGUF file is converted once and the copy kept."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoTokenizer, GgufConfig

from ..call import Call
from ..errors import TrainerError, Unsupported
from ..files import sweep, temporary_beside
from ..models import Pretrained
from .content import ContentHashes
from .locate import Files

transformers.utils.logging.disable_progress_bar()

_MARK = "converted.json"


@dataclass(frozen=True)
class Loaded:
    """A transformer in evaluation mode on its device, its blocks in order, and its tokenizer.

    `whole` is the causal language model around it; None for an encoder.
    """

    name: str
    model: Any
    blocks: Any
    tokenizer: Any
    whole: Any = None

    @property
    def depth(self) -> int:
        return len(self.blocks)

    @property
    def width(self) -> int:
        """Of a block's output; that of the last states is `whole`'s output layer's."""
        return int(self.model.config.get_text_config().hidden_size)

    @property
    def device(self) -> torch.device:
        return self.model.device

    def limit(self, most: int) -> int:
        """Tokens that fit, at most `most`."""
        positions = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return int(min(most, self.tokenizer.model_max_length, positions or most))


def load(spec: Pretrained, files: Files, content: str, dtype: str, device: str, converted: Converted) -> Loaded:
    try:
        if files.gguf is None:
            model, tokenizer = from_folder(files.folder, dtype)
        else:
            model, tokenizer = converted.load(files, content, dtype)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise TrainerError("failed", f"model: {spec} could not be loaded: {error}") from error
    if getattr(model.config, "is_encoder_decoder", False):
        raise Unsupported(f"model: {spec} is an encoder-decoder; expected a causal language model or an encoder.")
    model.config.use_cache = False
    model.requires_grad_(False)
    model.eval()
    model = model.to(device)  # not to a dtype: that would round the positions' frequencies too
    whole = model if model.get_output_embeddings() is not None else None
    inner = model if whole is None else whole.base_model
    return Loaded(str(spec), inner, _blocks(inner, spec), tokenizer, whole)


def from_folder(folder: Path, dtype: str) -> tuple[Any, Any]:
    options: Any = {"trust_remote_code": False, "local_files_only": True}
    config = AutoConfig.from_pretrained(folder, **options)
    # What a folder holds is what it was saved as: a BERT configuration could be of either kind.
    causal = any("CausalLM" in name or "LMHead" in name for name in config.architectures or ())
    kind = AutoModelForCausalLM if causal else AutoModel
    model = kind.from_pretrained(folder, use_safetensors=True, dtype=getattr(torch, dtype), **options)
    return model, AutoTokenizer.from_pretrained(folder, **options)


def _blocks(model: Any, spec: Pretrained) -> Any:
    """The list of transformer blocks: the shortest-named module list with as many entries as the model has layers."""
    depth = getattr(model.config.get_text_config(), "num_hidden_layers", None)
    lists = [
        (len(name), module)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.ModuleList) and len(module) == depth
    ]
    if not lists:
        raise Unsupported(f"model: in {spec} ({type(model).__name__}) no list of transformer blocks was found.")
    return min(lists, key=lambda entry: entry[0])[1]


class Converted:
    """Copies of GGUF models that transformers loads quickly, by content, in bfloat16.

    Unpacking takes 15 s each time. bfloat16 keeps the 4 to 8 bits that such files hold a weight with, halves the
    disk space, and makes machines that compute in float32 and in bfloat16 start from the same weights.
    """

    def __init__(self, folder: Path, hashes: ContentHashes, call: Call) -> None:
        self._folder = folder
        self._hashes = hashes
        self._call = call

    def load(self, files: Files, content: str, dtype: str) -> tuple[Any, Any]:
        copy = self._folder / f"{content}-causal-transformers-{transformers.__version__}"
        if self._is_whole(copy):
            return from_folder(copy, dtype)
        assert files.gguf is not None
        options: Any = {"gguf_file": files.gguf, "trust_remote_code": False, "local_files_only": True}
        tokenizer = AutoTokenizer.from_pretrained(files.folder, **options)
        dense = GgufConfig(dequantize=True)
        model = AutoModelForCausalLM.from_pretrained(
            files.folder, dtype=torch.float32, quantization_config=dense, **options
        )
        _cast_weights(model, torch.bfloat16)
        if self._keep(copy, model, tokenizer):
            return from_folder(copy, dtype)
        _cast_weights(model, getattr(torch, dtype))
        return model, tokenizer

    def _keep(self, copy: Path, model: Any, tokenizer: Any) -> bool:
        sweep(self._folder)
        temporary = temporary_beside(copy)
        try:
            temporary.mkdir(parents=True)
            model.save_pretrained(temporary, max_shard_size="1000GB")
            tokenizer.save_pretrained(temporary)
            mark = {"sha256": self._hashes.file(temporary / "model.safetensors")}
            (temporary / _MARK).write_text(json.dumps(mark))
            if not self._is_whole(copy):
                shutil.rmtree(copy, ignore_errors=True)
                os.rename(temporary, copy)
            return True
        except (OSError, SafetensorError) as error:
            if copy.is_dir():
                return True  # another worker was faster
            self._call.warn("converted", f"The converted model could not be kept in {copy}: {error}. Make space.")
            return False
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _is_whole(self, copy: Path) -> bool:
        try:
            expected = json.loads((copy / _MARK).read_bytes())["sha256"]
        except (FileNotFoundError, NotADirectoryError):
            return False
        except (OSError, ValueError, KeyError, TypeError):
            expected = ""
        weights = copy / "model.safetensors"
        if weights.is_file() and self._hashes.file(weights) == expected:
            return True
        self._call.warn("converted", f"The converted model {copy} was corrupted; it is made again.")
        return False


def _cast_weights(model: Any, dtype: torch.dtype) -> None:
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)
