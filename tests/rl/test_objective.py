"""The objective against the paper's formula: test vectors A1-A4 of our notes, finite differences, two passes."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rl.objective import Baseline, advantages, group_weights, partition_baseline, pass_two_coefficients, surrogate


@pytest.mark.parametrize(
    ("tau", "value"),
    [(0.01, 0.993069), (0.1, 0.930690), (0.5, 0.716890), (1, 0.620115), (2, 0.561860), (10, 0.512495), (1000, 0.500125)],
)
def test_partition_baseline_has_the_known_values(tau, value):
    assert partition_baseline([1, 0, 0, 1], tau) == pytest.approx(value, abs=1e-6)


def test_partition_baseline_goes_from_max_to_mean_as_tau_grows():
    rewards = [0.9, 0.1, 0.4]
    assert partition_baseline(rewards, 1e-4) == pytest.approx(0.9, abs=1e-3)
    assert partition_baseline(rewards, 1e6) == pytest.approx(sum(rewards) / 3, abs=1e-6)
    with pytest.raises(ValueError, match="tau must be positive, got 0"):
        partition_baseline(rewards, 0)


def test_advantages_subtract_the_mean_and_are_not_scaled():
    assert advantages([1, 0, 0, 1], 0.7) == [0.5, -0.5, -0.5, 0.5]
    assert advantages([1, 1, 1], 0.7) == [0, 0, 0]
    assert advantages([1, 0, 0, 1], 1.0, Baseline.PARTITION) == pytest.approx([0.379885, -0.620115, -0.620115, 0.379885], abs=1e-6)


def _toy(theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Vector A3: a softmax over three outcomes, samples [0, 1, 2, 0]."""
    lp_N = torch.log_softmax(theta, 0)[[0, 1, 2, 0]]
    reference_N = torch.log_softmax(torch.zeros(3, dtype=torch.float64), 0)[[0, 1, 2, 0]]
    return lp_N, reference_N


def test_gradient_equals_equation_three_on_the_toy_softmax():
    theta = torch.tensor([0.2, -0.1, 0.4], dtype=torch.float64, requires_grad=True)
    lp_N, reference_N = _toy(theta)
    adv_N = torch.tensor(advantages([1, 0, 0, 1], 0.7), dtype=torch.float64)
    loss = surrogate(lp_N, reference_N, adv_N, torch.full((4,), 0.25, dtype=torch.float64), 0.7)
    loss.backward()
    assert (-theta.grad).tolist() == pytest.approx([0.24265147, -0.07687577, -0.16577570], abs=1e-6)
    assert loss.item() == pytest.approx(-0.0012905655246, abs=1e-10)
    residual = (adv_N - 0.7 * (lp_N - reference_N)).square().mean()
    assert residual.item() == pytest.approx(0.24819320826554797, abs=1e-10)


def test_gradient_equals_minus_the_squared_residual_over_two_tau():
    tau = 0.7
    adv_N = torch.tensor([0.5, -0.5, -0.5, 0.5], dtype=torch.float64)
    grads = []
    for form in ("surrogate", "residual"):
        theta = torch.tensor([0.2, -0.1, 0.4], dtype=torch.float64, requires_grad=True)
        lp_N, reference_N = _toy(theta)
        if form == "surrogate":
            loss = surrogate(lp_N, reference_N, adv_N, torch.full((4,), 0.25, dtype=torch.float64), tau)
        else:
            loss = (adv_N - tau * (lp_N - reference_N)).square().mean() / (2 * tau)
        loss.backward()
        grads.append(theta.grad)
    assert torch.allclose(grads[0], grads[1], atol=1e-12)


def _sequences(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Token log-probs of 6 responses of different lengths from one weight vector, with owners and references."""
    generator = torch.Generator().manual_seed(seed)
    owners_T = torch.tensor([0, 0, 0, 1, 2, 2, 3, 3, 3, 3, 4, 5, 5])
    features_TxD = torch.randn(len(owners_T), 4, generator=generator, dtype=torch.float64)
    theta_D = torch.randn(4, generator=generator, dtype=torch.float64)
    reference_N = torch.randn(6, generator=generator, dtype=torch.float64)
    return features_TxD, owners_T, theta_D, reference_N


def _lp(theta_D: torch.Tensor, features_TxD: torch.Tensor, owners_T: torch.Tensor) -> torch.Tensor:
    tokens_T = torch.nn.functional.logsigmoid(features_TxD @ theta_D)
    return tokens_T.new_zeros(6).index_add(0, owners_T, tokens_T)


ADV = torch.tensor([0.5, -0.5, 0.25, -0.25, 0.1, -0.1], dtype=torch.float64)
WEIGHT = torch.tensor(group_weights([2, 4]), dtype=torch.float64)


def test_gradient_equals_finite_differences():
    features, owners, theta, reference = _sequences(0)
    variable = theta.clone().requires_grad_()
    surrogate(_lp(variable, features, owners), reference, ADV, WEIGHT, 0.3).backward()
    step = 1e-6
    for axis in range(4):
        nudge = torch.zeros(4, dtype=torch.float64)
        nudge[axis] = step
        above = surrogate(_lp(theta + nudge, features, owners), reference, ADV, WEIGHT, 0.3)
        below = surrogate(_lp(theta - nudge, features, owners), reference, ADV, WEIGHT, 0.3)
        assert variable.grad[axis].item() == pytest.approx(((above - below) / (2 * step)).item(), abs=1e-6)


def test_two_passes_give_the_gradient_of_one_pass_for_any_token_split():
    features, owners, theta, reference = _sequences(1)
    one = theta.clone().requires_grad_()
    surrogate(_lp(one, features, owners), reference, ADV, WEIGHT, 0.3).backward()
    two = theta.clone().requires_grad_()
    with torch.no_grad():
        ratio_N = _lp(two, features, owners) - reference
    coefficients_N = pass_two_coefficients(ratio_N, ADV, WEIGHT, 0.3)
    for part in torch.arange(len(owners)).split(5):  # splits sequences across micro-batches on purpose
        tokens = torch.nn.functional.logsigmoid(features[part] @ two)
        (coefficients_N[owners[part]] * tokens).sum().backward()
    assert torch.allclose(one.grad, two.grad, atol=1e-12)


def test_the_square_is_of_the_sequence_not_of_its_tokens():
    features, owners, theta, _ = _sequences(2)
    variable = theta.clone().requires_grad_()
    tokens = torch.nn.functional.logsigmoid(features @ variable)
    reference_T = tokens.detach() - 0.5
    per_token = (0.5 * 0.3 * (tokens - reference_T).square()).sum()
    (token_grad,) = torch.autograd.grad(per_token, variable, retain_graph=True)
    reference_N = tokens.new_zeros(6).index_add(0, owners, reference_T)
    ours = surrogate(tokens.new_zeros(6).index_add(0, owners, tokens), reference_N, torch.zeros(6).double(), torch.ones(6).double(), 0.3)
    (our_grad,) = torch.autograd.grad(ours, variable)
    assert not torch.allclose(token_grad, our_grad, rtol=1e-3)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_every_problem_weighs_the_same(sizes):
    weights = group_weights(sizes)
    assert math.isclose(sum(weights), 1.0, rel_tol=1e-9)
    start = 0
    for size in sizes:
        assert math.isclose(sum(weights[start : start + size]), 1.0 / len(sizes), rel_tol=1e-9)
        start += size
