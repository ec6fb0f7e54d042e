"""Lets openai/weak-to-strong run where there is no GPU; bench/openai-sweep.ts puts it beside Python as sitecustomize.py.

train_simple.py asks the first GPU for its memory while it is imported and moves the model `.to("cuda")`. With a GPU
nothing is changed; without one these answers are made up and the model stays on the CPU. Nothing else of it is touched.
"""

import sys
from types import SimpleNamespace

if any(argument.endswith("train_simple.py") for argument in sys.orig_argv):
    import torch

    if not torch.cuda.is_available():
        moved = torch.nn.Module.to
        torch.nn.Module.to = lambda self, *args, **kwargs: moved(
            self, *("cpu" if argument == "cuda" else argument for argument in args), **kwargs
        )
        torch.cuda.get_device_properties = lambda _: SimpleNamespace(total_memory=0)
        torch.cuda.is_bf16_supported = lambda: False
        torch.cuda.memory_allocated = lambda _: 0
