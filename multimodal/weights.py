"""Named tensors on their way from the learner to an engine, each with a digest.

The digest is taken where the tensor was made and checked where it is loaded, so a tensor that was changed,
lost or renamed on the way stops the run with its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from openk15.errors import GuardError, UserError

if TYPE_CHECKING:
    import torch


class WeightSource(Protocol):
    """Yields (name, tensor) with transformers' parameter names; `digests` names every tensor it will yield."""

    @property
    def digests(self) -> Mapping[str, str]: ...

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]: ...


def tensor_digest(tensor: torch.Tensor) -> str:
    """sha256 over dtype, shape and bytes."""
    import torch

    flat = tensor.detach().cpu().contiguous()
    hasher = hashlib.sha256(f"{flat.dtype}{tuple(flat.shape)}".encode())
    hasher.update(flat.reshape(-1).view(torch.uint8).numpy().tobytes())
    return hasher.hexdigest()


@dataclass(frozen=True)
class MemoryWeights:
    """Tensors in memory (they travel through Ray's object store as they are)."""

    state: Mapping[str, torch.Tensor]
    digests: Mapping[str, str]

    @classmethod
    def of(cls, state: Mapping[str, torch.Tensor]) -> MemoryWeights:
        copied = {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
        return cls(copied, {name: tensor_digest(tensor) for name, tensor in copied.items()})

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        yield from self.state.items()


@dataclass(frozen=True)
class FolderWeights:
    """The safetensors files of a Hugging Face folder."""

    folder: Path

    @property
    def digests(self) -> Mapping[str, str]:
        return {name: tensor_digest(tensor) for name, tensor in self.tensors()}

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        from safetensors import safe_open

        files = sorted(self.folder.glob("*.safetensors"))
        if not files:
            raise UserError(f"{self.folder}: no *.safetensors file; save the policy with save_pretrained")
        for file in files:
            with safe_open(file, framework="pt") as handle:
                for name in handle.keys():  # noqa: SIM118 - not a mapping
                    yield name, handle.get_tensor(name)


def checked(source: WeightSource, version: int) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield `source`'s tensors, stopping at the first that is not the one its digest names.

    Raises GuardError naming the tensor and the version; also when one is missing or unannounced.
    """
    expected = dict(source.digests)
    for name, tensor in source.tensors():
        want = expected.pop(name, None)
        if want is None:
            raise GuardError(f"weights of version {version}: tensor {name!r} was not announced by the learner")
        got = tensor_digest(tensor)
        if got != want:
            raise GuardError(
                f"weights of version {version}: tensor {name!r} changed on the way "
                f"(shape {tuple(tensor.shape)}, sha256 {got[:12]}, expected {want[:12]})"
            )
        yield name, tensor
    if expected:
        raise GuardError(f"weights of version {version}: tensor {sorted(expected)[0]!r} never arrived")
