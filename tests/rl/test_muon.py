"""The float32 Muon takes the library's steps, up to the library's bfloat16."""

from __future__ import annotations

import pytest
import torch

from rl.muon import Muon, orthogonalised


@pytest.mark.parametrize("shape", [(24, 24), (16, 40), (40, 16)])
def test_an_orthogonalised_matrix_keeps_its_directions_and_evens_its_singular_values(shape):
    torch.manual_seed(0)
    matrices = torch.randn(3, *shape) + 8 * torch.eye(*shape)  # no singular value near zero: that one would stay small
    found = orthogonalised(matrices)
    for before, after in zip(matrices, found, strict=True):
        u, _, v = torch.linalg.svd(before, full_matrices=False)
        inner = u.T @ after @ v.T
        assert torch.allclose(inner, torch.diag(inner.diagonal()), atol=1e-3)
        assert inner.diagonal().min() > 0.4
        assert inner.diagonal().max() < 1.3


def test_its_steps_are_the_librarys():
    torch.manual_seed(1)
    start = [torch.randn(8, 20), torch.randn(20, 8), torch.randn(20, 8)]
    ours, theirs = ([torch.nn.Parameter(value.clone()) for value in start] for _ in range(2))
    one, other = Muon(ours, lr=0.02), torch.optim.Muon(theirs, lr=0.02, weight_decay=0.0)
    for _ in range(4):
        for a, b in zip(ours, theirs, strict=True):
            gradient = torch.randn_like(a)
            a.grad, b.grad = gradient.clone(), gradient.clone()
        one.step()
        other.step()
    for a, b, before in zip(ours, theirs, start, strict=True):
        moved, expected = a.detach() - before, b.detach() - before
        assert (moved - expected).norm() < 0.02 * expected.norm()


def test_only_matrices_are_taken():
    with pytest.raises(ValueError, match=r"Muon takes matrices, got a parameter of shape \(3,\)"):
        Muon([torch.nn.Parameter(torch.zeros(3))], lr=0.1)
