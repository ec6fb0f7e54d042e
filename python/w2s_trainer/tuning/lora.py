"""Low-rank adapters (Hu et al. 2021): y = W x + s B A x with W frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.nn.functional import linear
from transformers.pytorch_utils import Conv1D

from ..errors import BadInput
from ..models import Lora
from ..pretrained.load import Loaded


class _Adapted(torch.autograd.Function):
    """One pass forward and back. Written out, since autograd over three linear layers takes twice the time and memory:
    the adapter is added into the frozen layer's output and input gradient in place, and no gradient of W is computed.
    """

    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any, bias: Any, a: Any, b: Any, scale: float) -> torch.Tensor:
        rows = x.reshape(-1, x.shape[-1])
        low = rows @ a.t()
        out = linear(rows, weight, bias).addmm_(low, b.t(), alpha=scale)
        ctx.save_for_backward(rows, weight, a, b, low)
        ctx.scale = scale
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows, weight, a, b, low = ctx.saved_tensors
        g = gradients[0].reshape(-1, gradients[0].shape[-1])
        g_low = (g @ b).mul_(ctx.scale)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = (g @ weight).addmm_(g_low, a).view(*gradients[0].shape[:-1], -1)
        return dx, None, None, g_low.t() @ rows, (g.t() @ low).mul_(ctx.scale), None


class AdaptedLinear(torch.nn.Module):
    """A frozen linear layer with its adapter; the adapter's weights are float32 whatever the layer's are."""

    def __init__(self, base: torch.nn.Module, lora: Lora, random: torch.Generator) -> None:
        super().__init__()
        self.base = base
        self._transposed = isinstance(base, Conv1D)  # GPT-2 keeps its weights as inputs x outputs
        outputs, inputs = base.weight.shape[::-1] if self._transposed else base.weight.shape
        self._scale = lora.scale
        a = torch.empty(lora.rank, inputs)
        torch.nn.init.kaiming_uniform_(a, a=5**0.5, generator=random)
        self.a = torch.nn.Parameter(a.to(base.weight.device))
        self.b = torch.nn.Parameter(torch.zeros(outputs, lora.rank, device=base.weight.device))

    @property
    def weight(self) -> torch.Tensor:
        """Some models look at a layer's weight, for its type."""
        return self.base.weight

    @property
    def bias(self) -> torch.Tensor | None:
        return self.base.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.base.weight.t() if self._transposed else self.base.weight
        return _Adapted.apply(x, weight, self.base.bias, self.a.to(x.dtype), self.b.to(x.dtype), self._scale)


class Adapters:
    """The adapters of a model, by the path of the layer that each stands beside."""

    def __init__(self, loaded: Loaded, lora: Lora, random: torch.Generator) -> None:
        self._loaded = loaded
        paths = list(_linear_paths(loaded, lora.targets))
        self.layers = {path: AdaptedLinear(loaded.model.get_submodule(path), lora, random) for path in paths}
        for path, layer in self.layers.items():  # nothing can fail from here on: the model is whole or adapted
            _replace(loaded.model, path, layer)

    def remove(self) -> None:
        """Gives the model back as it was."""
        for path, layer in self.layers.items():
            _replace(self._loaded.model, path, layer.base)

    def parameters(self) -> list[torch.nn.Parameter]:
        return [weight for layer in self.layers.values() for weight in (layer.a, layer.b)]

    def state(self) -> dict[str, torch.Tensor]:
        """In the names of peft's files."""
        return {
            f"{self._name(path)}.lora_{side}.weight": weight.detach().cpu()
            for path, layer in self.layers.items()
            for side, weight in (("A", layer.a), ("B", layer.b))
        }

    def paths(self) -> list[str]:
        """Whole paths: a last part alone can also name layers that have no adapter (BERT's pooler)."""
        return [self._name(path).removeprefix("base_model.model.") for path in self.layers]

    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        mine = self.state()
        if mine.keys() != state.keys() or any(mine[name].shape != value.shape for name, value in state.items()):
            raise BadInput("from: that checkpoint's adapters have another rank or stand beside other layers.")
        for path, layer in self.layers.items():
            for side, weight in (("A", layer.a), ("B", layer.b)):
                weight.data.copy_(state[f"{self._name(path)}.lora_{side}.weight"])

    def _name(self, path: str) -> str:
        prefix = "" if self._loaded.whole is None else f"{self._loaded.whole.base_model_prefix}."
        return f"base_model.model.{prefix}{path}"


def peft_config(loaded: Loaded, lora: Lora, adapters: Adapters) -> dict[str, Any]:
    """adapter_config.json: what peft needs to put the adapters beside the same layers."""
    transposed = any(isinstance(layer.base, Conv1D) for layer in adapters.layers.values())
    return {
        "peft_type": "LORA",
        "task_type": "FEATURE_EXTRACTION" if loaded.whole is None else "CAUSAL_LM",
        "base_model_name_or_path": loaded.name,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "use_rslora": lora.rank_stabilized,
        "target_modules": adapters.paths(),
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": transposed,
        "inference_mode": True,
    }


def _linear_paths(loaded: Loaded, targets: tuple[str, ...] | None) -> Iterator[str]:
    """Linear layers inside the transformer's blocks."""
    blocks = next(name for name, module in loaded.model.named_modules() if module is loaded.blocks)
    known = {}
    for name, module in loaded.blocks.named_modules():
        if isinstance(module, (torch.nn.Linear, Conv1D)):
            known.setdefault(name.rpartition(".")[2], []).append(f"{blocks}.{name}")
    missing = [target for target in targets or () if target not in known]
    if missing or not known:
        there = ", ".join(known) or "none"
        raise BadInput(f"model.tune.targets: no linear layer is called {missing or 'anything'}; there are: {there}.")
    for name, paths in known.items():
        if targets is None or name in targets:
            yield from paths


def _replace(model: torch.nn.Module, path: str, module: torch.nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, module)
