"""Import hook that lets a CUDA build of torchvision be imported beside the CPU build of torch.

In: nothing; `install()` is called by the .pth file at the start of every interpreter of the environment.
Out: a finder at the head of `sys.meta_path` that acts on the name `torchvision` alone.
Invariants: starting the interpreter, and merely looking for torchvision, import neither torch nor torchvision; nothing is
declared where torchvision's own compiled part loads; installing twice is installing once.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader

# Neither `typing` nor `types` is imported: this module runs at the start of every interpreter.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    import torch

TARGET = "torchvision"
# The operators torchvision's Python part registers fake kernels for even when its compiled part is missing.
OPERATORS = ("nms", "qnms")
SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

_library: torch.library.Library | None = None  # torch forgets the declarations when the Library object goes away
_state = "unused"


def state() -> str:
    """`unused` (torchvision was not imported yet), `native` (its compiled part loads) or `shimmed`."""
    return _state


def prepare(origin: str) -> None:
    """Make the torchvision package whose `__init__.py` is `origin` importable."""
    global _library, _state
    import os

    import torch

    try:
        torch.ops.load_library(os.path.join(os.path.dirname(origin), "_C.so"))
        _state = "native"
        return
    except (OSError, ImportError):
        pass
    missing = [name for name in OPERATORS if not hasattr(torch.ops.torchvision, name)]
    if missing:
        _library = torch.library.Library(TARGET, "FRAGMENT")
        for name in missing:
            _library.define(name + SCHEMA)
    _state = "shimmed"


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        prepare(self.path)
        super().exec_module(module)


class _Finder:
    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != TARGET:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def install() -> None:
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
