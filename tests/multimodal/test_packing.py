"""Packed rows: each example sees what it would see alone, and every response token is a target once."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from multimodal.attention import PackedLayout, uses_packed_attention
from multimodal.packing import Example, pack_row, plan_rows
from multimodal.policy import load_for_training, load_policy
from multimodal.processing import ProcessedPrompt
from multimodal.scoring import token_logprobs
from openk15.errors import UserError


@pytest.fixture(scope="module")
def model(policy):
    return load_for_training(policy)


@pytest.fixture(scope="module")
def examples(prompts):
    return [Example(prompt, tuple(range(50 + at, 50 + at + length))) for at, (prompt, length) in enumerate(zip(
        [*prompts.values(), prompts["plain"], prompts["pictured"]], [9, 4, 1, 14, 6, 11], strict=True))]  # fmt: skip


def scores(model, processor, examples, indices, **options):
    batch = pack_row(model, examples, indices, processor.image_token_id)
    logprobs = token_logprobs(model, batch, forbidden=processor.forbidden_ids, **options)
    return {index: logprobs[batch.owners_N == index] for index in indices}


def test_a_packed_example_scores_as_it_does_alone(model, processor, examples):
    assert uses_packed_attention(model)
    order = [3, 0, 5, 1, 4, 2]
    with torch.no_grad():
        together = scores(model, processor, examples, order)
        for index in order:
            alone = scores(model, processor, examples, [index])[index]
            assert together[index].shape == (len(examples[index].response),)
            torch.testing.assert_close(together[index], alone, atol=1e-5, rtol=0)


def test_packed_gradients_are_the_sum_of_the_gradients_alone(model, processor, examples):
    def gradients(groups):
        model.zero_grad()
        for group in groups:
            found = scores(model, processor, examples, group)
            # A weight of its own for each example: gradients swapped between two would show.
            torch.stack([(index + 1) * logprobs.sum() for index, logprobs in found.items()]).sum().backward()
        return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}

    alone = gradients([[index] for index in range(6)])
    packed = gradients([[3, 0, 5, 1, 4, 2]])
    assert all(gradient.abs().max() > 0 for gradient in packed.values())
    for name, gradient in packed.items():
        torch.testing.assert_close(gradient, alone[name], atol=1e-5 * float(alone[name].abs().max()) + 1e-6, rtol=1e-3)


def test_packed_attention_is_the_masked_attention(policy, model, processor, examples):
    masked = load_policy(policy)
    assert not uses_packed_attention(masked)
    with torch.no_grad():
        packed_scores = scores(model, processor, examples, range(6))
        masked_scores = scores(masked, processor, examples, range(6))
    for index in range(6):
        torch.testing.assert_close(packed_scores[index], masked_scores[index], atol=1e-5, rtol=0)


def test_another_neighbour_changes_nothing(model, processor, examples):
    changed = [*examples[:3], Example(examples[3].prompt, tuple(reversed(examples[3].response))), *examples[4:]]
    with torch.no_grad():
        before, after = (scores(model, processor, version, [3, 0, 1]) for version in (examples, changed))
    for index in (0, 1):
        assert torch.equal(before[index], after[index])
    assert not torch.equal(before[3], after[3])


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_chunked_scores_and_gradients_are_the_whole_ones(model, processor, examples, temperature):
    found = []
    for chunk in (4096, 7):
        model.zero_grad()
        logprobs = torch.cat(list(scores(model, processor, examples, range(6), temperature=temperature, chunk=chunk).values()))
        logprobs.sum().backward()
        found.append((logprobs.detach(), model.lm_head.weight.grad.clone()))
    torch.testing.assert_close(found[0], found[1], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_scores_are_the_tempered_distribution_without_the_forbidden_ids(model, processor, prompts, temperature):
    examples = [Example(prompts["plain"], (token,)) for token in range(model.lm_head.weight.shape[0])]
    with torch.no_grad():
        batch = pack_row(model, examples, range(len(examples)), processor.image_token_id)
        logprobs = token_logprobs(model, batch, temperature=temperature, forbidden=processor.forbidden_ids)
        plain = token_logprobs(model, batch)
    assert float(logprobs.exp().sum()) == pytest.approx(1.0, abs=1e-5)
    assert torch.isinf(logprobs).nonzero()[:, 0].tolist() == list(processor.forbidden_ids)
    allowed = torch.isfinite(logprobs)
    torch.testing.assert_close(logprobs[allowed], (plain[allowed] / temperature).log_softmax(0), atol=1e-5, rtol=0)


def test_positions_restart_at_every_example_and_follow_the_pictures(model, processor, examples):
    row = pack_row(model, examples, [3, 0], processor.image_token_id)
    assert row.positions.shape == (4, 1, len(examples[3]) + len(examples[0]))
    text, rope = row.positions[0, 0], row.positions[1:, 0]
    assert text.tolist() == [*range(len(examples[3])), *range(len(examples[0]))]
    assert rope[:, len(examples[3]) :].tolist() == [list(range(len(examples[0])))] * 3
    first = len(examples[3].prompt)
    response = rope[:, first : len(examples[3])]
    assert (response == response[0]).all()
    assert (response[0].diff() == 1).all()
    assert response[0, 0] == rope[:, :first].max() + 1 < first


LENGTHS = st.lists(st.integers(1, 40), max_size=30)


@given(LENGTHS, st.integers(40, 120))
def test_a_plan_holds_every_example_once_and_no_row_overflows(lengths, row_tokens):
    rows = plan_rows(lengths, row_tokens)
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(0 < sum(lengths[index] for index in row) <= row_tokens for row in rows)
    assert plan_rows(lengths, row_tokens) == rows


@given(LENGTHS, st.integers(40, 120))
def test_a_plan_wastes_little(lengths, row_tokens):
    rows = [sum(lengths[index] for index in row) for row in plan_rows(lengths, row_tokens)]
    # First fit: no two rows would fit in one.
    assert all(a + b > row_tokens for at, a in enumerate(rows) for b in rows[at + 1 :])


@given(st.lists(st.integers(1, 40), min_size=1, max_size=10), st.integers(1, 39))
def test_an_example_longer_than_a_row_is_named(lengths, row_tokens):
    if max(lengths) <= row_tokens:
        assert plan_rows(lengths, row_tokens)
        return
    with pytest.raises(UserError, match=f"example {lengths.index(max(lengths))} has {max(lengths)} tokens.*row_tokens={row_tokens}"):
        plan_rows(lengths, row_tokens)


PLAIN_MODEL = SimpleNamespace(model=SimpleNamespace())  # no M-RoPE: pack_row asks nothing else of a model


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_every_response_token_is_a_target_exactly_once(shapes, random):
    counter = iter(range(1000, 9999))
    examples = []
    for prompt_length, response_length in shapes:
        ids = tuple(next(counter) for _ in range(prompt_length))
        examples.append(Example(ProcessedPrompt(ids, ids), tuple(next(counter) for _ in range(response_length))))
    order = list(range(len(examples)))
    random.shuffle(order)
    rows = [[order[at] for at in row] for row in plan_rows([len(examples[at]) for at in order], 12)]
    targets: list[tuple[int, int]] = []
    for row in rows:
        batch = pack_row(PLAIN_MODEL, examples, row, 0)
        assert batch.ids_T.tolist() == [token for at in row for token in (*examples[at].prompt.ids, *examples[at].response)]
        assert batch.ids_T[batch.predictors_N + 1].tolist() == batch.targets_N.tolist()
        targets += zip(batch.owners_N.tolist(), batch.targets_N.tolist(), strict=True)
    assert sorted(targets) == sorted((owner, token) for owner, example in enumerate(examples) for token in example.response)


def test_the_layout_is_a_place_for_each_token():
    (block,) = PackedLayout.of([4, 3, 4]).blocks
    assert (block.start, block.stop, block.examples, block.longest) == (0, 11, 3, 4)
    assert block.slots.tolist() == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_the_layouts_blocks_hold_every_token_once_in_order_and_little_padding(lengths):
    blocks = PackedLayout.of(lengths).blocks
    assert [block.start for block in blocks] == [0, *(block.stop for block in blocks[:-1])]
    assert blocks[-1].stop == sum(lengths)
    assert sum(block.examples for block in blocks) == len(lengths)
    for block in blocks:
        slots = block.slots.tolist()
        assert slots == sorted(set(slots))
        assert len(slots) == block.stop - block.start >= 0.75 * block.examples * block.longest
        assert slots[-1] < block.examples * block.longest


def test_scoring_without_forbidden_ids_leaves_the_model_as_it_was(model, processor, examples):
    before = copy.deepcopy(model.state_dict())
    with torch.no_grad():
        batch = pack_row(model, examples, [0, 1], processor.image_token_id)
        free, masked = token_logprobs(model, batch), token_logprobs(model, batch, forbidden=processor.forbidden_ids)
    assert (masked > free).all()
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
