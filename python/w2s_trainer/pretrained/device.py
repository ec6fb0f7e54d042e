"""What a device computes hidden states in, and how much at once."""

from __future__ import annotations

from ..fingerprint import cpu_info, version

_CPU = 'Use the CPU: pythonTrainer({ devices: ["cpu"] }).'
_PACKAGES = ("torch", "transformers", "tokenizers")


def dtype(device: str) -> str:
    """bfloat16 where the device multiplies it natively, float32 elsewhere.

    A CPU without AMX or AVX512-BF16 emulates it: measured on an Ice Lake Xeon, 0.3 of float32's speed.
    """
    if device == "cpu":
        return "bfloat16" if cpu_info()[1] & {"amx_bf16", "avx512_bf16", "bf16"} else "float32"
    if device.startswith("cuda"):
        import torch

        return "bfloat16" if torch.cuda.get_device_capability(device)[0] >= 8 else "float32"
    return "float32"


def tokens_a_batch(device: str) -> int:
    """Tokens, padding included, that go through a model together."""
    return 32_768 if device.startswith("cuda") else 8192 if device == "mps" else 1024


def fingerprint(device: str, gguf: bool) -> list[str]:
    packages = (*_PACKAGES, "gguf") if gguf else _PACKAGES
    parts = [f"{package} {version(package)}" for package in packages]
    if device != "cpu":
        parts.append(name(device))
    return [*parts, f"{dtype(device)}, {tokens_a_batch(device)} tokens a batch"]


def name(device: str) -> str:
    """The accelerator's name; raises where there is no such device."""
    import torch

    from ..errors import Unsupported

    if device == "mps":
        if not torch.backends.mps.is_available():
            raise Unsupported(f"device: mps is not available here. {_CPU}")
        return "Apple GPU"
    if not torch.cuda.is_available() or int(device.partition(":")[2]) >= torch.cuda.device_count():
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        raise Unsupported(f"device: there is no {device} here; torch sees {count} CUDA devices. {_CPU}")
    return torch.cuda.get_device_name(device)
