"""Muon in float32, for the matrices of a policy that is warmed up from scratch.

`torch.optim.Muon` orthogonalises in bfloat16, which a CPU without bfloat16 instructions multiplies in a plain
loop: thirty times slower for the demo's policy on an AVX2 machine, and other numbers than elsewhere. The update
is that optimizer's (momentum average, Nesterov, quintic Newton-Schulz, learning rate times sqrt(max(1, rows /
columns))), in float32 and for all matrices of one shape at a time.

Source: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 5


def orthogonalised(matrices_BMN: torch.Tensor) -> torch.Tensor:
    """Each matrix's nearest semi-orthogonal one, roughly: its singular values end between about 0.7 and 1.2."""
    a, b, c = COEFFICIENTS
    tall = matrices_BMN.shape[1] > matrices_BMN.shape[2]
    x = matrices_BMN.mT if tall else matrices_BMN
    x = x / x.flatten(1).norm(dim=1).clamp(min=1e-7)[:, None, None]
    for _ in range(STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """For two-dimensional parameters only; the others take another optimizer."""

    def __init__(self, params: Iterable[torch.nn.Parameter], lr: float, momentum: float = 0.95):
        listed = list(params)
        for parameter in listed:
            if parameter.ndim != 2:
                raise ValueError(f"Muon takes matrices, got a parameter of shape {tuple(parameter.shape)}")
        super().__init__(listed, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            momentum: float = group["momentum"]
            by_shape: dict[torch.Size, list[tuple[torch.nn.Parameter, torch.Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                average = self.state[parameter].setdefault("average", torch.zeros_like(parameter.grad))
                average.lerp_(parameter.grad, 1 - momentum)
                by_shape[parameter.shape].append((parameter, parameter.grad.lerp(average, momentum)))
            for shape, pairs in by_shape.items():
                updates = orthogonalised(torch.stack([update.float() for _, update in pairs]))
                rate = group["lr"] * math.sqrt(max(1.0, shape[0] / shape[1]))
                for (parameter, _), update in zip(pairs, updates, strict=True):
                    parameter.add_(update, alpha=-rate)
        return loss
