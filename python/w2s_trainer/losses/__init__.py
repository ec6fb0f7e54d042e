"""Training losses: each a small function, found by name. Plugins add theirs (docs/own-loss.md)."""

from .bound import BoundLoss, bind
from .confidence import confidence
from .confidence_openai import confidence_openai
from .confidence_window import confidence_window
from .context import Context
from .cross_entropy import cross_entropy
from .harden import harden_to_argmax, harden_to_balance
from .parameters import Between
from .plugins import load_plugins, plugins_fingerprint
from .product import product
from .registry import LOSSES, loss
from .reverse_kl import reverse_kl

__all__ = [
    "LOSSES",
    "Between",
    "BoundLoss",
    "Context",
    "bind",
    "confidence",
    "confidence_openai",
    "confidence_window",
    "cross_entropy",
    "harden_to_argmax",
    "harden_to_balance",
    "load_plugins",
    "loss",
    "plugins_fingerprint",
    "product",
    "reverse_kl",
]
