"""What every engine promises, asked of each in turn. One engine is opened per kind and temperature."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from multimodal.engines import Engine, EngineConfig, EngineKind, open_engine
from multimodal.packing import Example, pack_row
from multimodal.policy import load_policy
from multimodal.processing import ProcessedPrompt, PromptProcessor
from multimodal.repetition import RepeatRule, repeats
from multimodal.scoring import token_logprobs
from multimodal.segment import Segment, StopReason
from multimodal.weights import FolderWeights, MemoryWeights
from openk15.errors import GuardError, RunError, UserError

RULE = RepeatRule(min_period=1, max_period=4, min_count=3)
LENGTH = 160
KINDS = [pytest.param(EngineKind.TORCH, id="torch"), pytest.param(EngineKind.VLLM, id="vllm", marks=pytest.mark.vllm)]


@dataclass
class Bench:
    """An engine and the transformers model whose weights it holds."""

    engine: Engine
    model: Any
    processor: PromptProcessor
    temperature: float
    first: dict[str, torch.Tensor]
    versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def extend(self, *calls: tuple[ProcessedPrompt, Sequence[int], int, int]) -> list[Segment]:
        """All calls at once, in an event loop of their own."""

        async def together() -> list[Segment]:
            return await asyncio.gather(*(self.engine.extend(*call) for call in calls))

        return asyncio.run(together())

    def load(self, state: Mapping[str, torch.Tensor]) -> int:
        version = next(self.versions)
        asyncio.run(self.engine.load(version, MemoryWeights.of(state)))
        self.model.load_state_dict(state)
        return version

    def state(self) -> dict[str, torch.Tensor]:
        return {name: tensor.clone() for name, tensor in self.model.state_dict().items()}

    def leaning(self, likes: Mapping[int, float]) -> dict[str, torch.Tensor]:
        """The first weights, bent so that token `id` has a logit of about likes[id] everywhere."""
        state = {name: tensor.clone() for name, tensor in self.first.items()}
        width = state["lm_head.weight"].shape[1]
        direction = torch.ones(width) / width**0.5
        for name in state:
            if name.endswith("embed_tokens.weight"):
                state[name] += 20 * direction  # so that every last hidden state points about this way
        for token, logit in likes.items():
            state["lm_head.weight"][token] = direction * logit / width**0.5
        return state

    def scores(self, prompt: ProcessedPrompt, response: Sequence[int]) -> list[float]:
        batch = pack_row(self.model, [Example(prompt, tuple(response))], [0], self.processor.image_token_id)
        with torch.no_grad():
            return token_logprobs(self.model, batch, temperature=self.temperature, forbidden=self.processor.forbidden_ids).tolist()


def open_bench(kind: EngineKind, temperature: float, policy: Path) -> Bench:
    if kind is EngineKind.VLLM:
        pytest.importorskip("vllm", reason="vLLM cannot be imported", exc_type=ImportError)
    config = EngineConfig(kind=kind, temperature=temperature, max_model_len=LENGTH, max_num_seqs=16, repeat=RULE)
    model = load_policy(policy)
    first = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return Bench(open_engine(config, policy), model, PromptProcessor.load(policy), temperature, first)


@pytest.fixture(scope="module", params=KINDS)
def shared(request: pytest.FixtureRequest, policy: Path) -> Iterator[Bench]:
    bench = open_bench(request.param, 1.0, policy)
    yield bench
    asyncio.run(bench.engine.close())


@pytest.fixture
def bench(shared: Bench) -> Bench:
    """The shared engine with the weights it was opened with."""
    shared.load(shared.first)
    return shared


def calls_of(prompts: Mapping[str, ProcessedPrompt], count: int, seed: int = 0) -> list[tuple[ProcessedPrompt, tuple[int, ...], int, int]]:
    """Calls of all kinds: with and without pictures and prefixes, short and long."""
    chosen = list(prompts.values())
    return [(chosen[at % 4], tuple(range(40, 40 + at % 3 * 5)), 5 + at * 7 % 30, seed + at) for at in range(count)]


def far_from_the_end(bench: Bench, logit: float = -60.0) -> dict[str, torch.Tensor]:
    return bench.leaning(dict.fromkeys(bench.processor.eos_ids, logit))


def test_the_same_arguments_give_the_same_bits_alone_and_among_twelve_others(bench, prompts):
    ours, others = calls_of(prompts, 6), calls_of(prompts, 12, seed=1000)
    alone = [bench.extend(call)[0] for call in ours]
    assert [bench.extend(call)[0] for call in ours] == alone
    for call, expected in zip(ours, alone, strict=True):
        assert bench.extend(*others[:7], call, *others[7:])[7] == expected


def test_more_streams_than_the_engine_holds_are_all_served_alike(bench, prompts):
    calls = calls_of(prompts, 40)
    served = bench.extend(*calls)
    assert [segment.seed for segment in served] == [call[3] for call in calls]
    assert [bench.extend(call)[0] for call in calls[::9]] == served[::9]


def test_another_seed_gives_another_segment(bench, prompts):
    segments = bench.extend(*((prompts["plain"], (), 12, seed) for seed in range(8)))
    assert len({segment.token_ids for segment in segments}) == 8


def test_the_budget_is_spent_and_never_passed(bench, prompts):
    bench.load(far_from_the_end(bench))
    for budget in (1, 2, 17):
        for segment in bench.extend(*((prompt, (), budget, 3) for prompt in prompts.values())):
            assert (len(segment), segment.stop) == (budget, StopReason.BUDGET)


def test_three_segments_replay_bit_for_bit_and_score_as_one_response(bench, prompts):
    bench.load(far_from_the_end(bench))
    for prompt in (prompts["plain"], prompts["two"]):
        segments: list[Segment] = []
        calls = []
        for seed in (5, 6, 7):
            prefix = tuple(token for segment in segments for token in segment.token_ids)
            calls.append((prompt, prefix, 8, seed))
            segments += bench.extend(calls[-1])
        assert [len(segment) for segment in segments] == [8, 8, 8]
        assert bench.extend(*calls) == segments
        response = [token for segment in segments for token in segment.token_ids]
        sampled = [logprob for segment in segments for logprob in segment.logprobs]
        assert sampled == pytest.approx(bench.scores(prompt, response), abs=1e-4)


def assert_scores_agree(bench: Bench, prompts: Mapping[str, ProcessedPrompt]) -> None:
    for prompt in prompts.values():
        prefix = (45, 46, 47)
        bare, prefixed = bench.extend((prompt, (), 24, 11), (prompt, prefix, 24, 12))
        assert bare.logprobs == pytest.approx(bench.scores(prompt, bare.token_ids), abs=1e-4)
        assert prefixed.logprobs == pytest.approx(bench.scores(prompt, (*prefix, *prefixed.token_ids))[3:], abs=1e-4)


def test_log_probs_are_those_of_a_transformers_forward(bench, prompts):
    assert_scores_agree(bench, prompts)


def test_forbidden_ids_are_never_sampled_even_when_the_weights_want_them(bench, prompts):
    forbidden = bench.processor.forbidden_ids
    bench.load(bench.leaning(dict.fromkeys(forbidden, 30.0)))
    batch = pack_row(bench.model, [Example(prompts["plain"], forbidden[:1])], [0], bench.processor.image_token_id)
    with torch.no_grad():
        assert float(token_logprobs(bench.model, batch)[0]) > -3, "the weights should want the forbidden ids"
    for segment in bench.extend(*((prompt, (), 30, seed) for prompt in prompts.values() for seed in range(3))):
        assert not set(segment.token_ids) & set(forbidden)
        assert all(logprob <= 0 for logprob in segment.logprobs)
    assert_scores_agree(bench, {"plain": prompts["plain"], "two": prompts["two"]})


def test_the_end_of_turn_is_the_last_token_of_its_segment(bench, prompts):
    (eos,) = bench.processor.eos_ids
    bench.load(bench.leaning({eos: 5.0}))
    segments = bench.extend(*((prompt, (), 60, seed) for prompt in prompts.values() for seed in range(6)))
    ended = [segment for segment in segments if segment.stop is StopReason.EOS]
    assert len(ended) >= 12
    for segment in ended:
        assert segment.token_ids[-1] == eos
    for segment in segments:
        assert eos not in segment.token_ids[:-1]


def test_a_repeating_stream_stops_at_the_token_that_the_rule_names(bench, prompts):
    bench.load(bench.leaning({100: 8.0, 101: 8.0, bench.processor.eos_ids[0]: -60.0}))
    prefix = (100, 101)
    segments = bench.extend(*((prompt, prefix, 60, seed) for prompt in prompts.values() for seed in range(6)))
    stopped = [segment for segment in segments if segment.stop is StopReason.REPEAT]
    assert len(stopped) >= 12
    for segment in segments:
        text = (*prefix, *segment.token_ids)
        first = next((at for at in range(len(prefix) + 1, len(text) + 1) if repeats(text[:at], RULE)), None)
        assert first == (len(text) if segment.stop is StopReason.REPEAT else None)


def test_the_repeat_rule_looks_back_into_the_prefix(bench, prompts):
    bench.load(bench.leaning({100: 40.0, bench.processor.eos_ids[0]: -60.0}))
    (segment,) = bench.extend((prompts["plain"], (60, 100, 100), 20, 0))
    assert (segment.token_ids, segment.stop) == ((100,), StopReason.REPEAT)


def test_the_context_is_filled_to_the_last_token(bench, prompts):
    bench.load(far_from_the_end(bench))
    for prompt in (prompts["plain"], prompts["wide"]):
        prefix = tuple(40 + at * at % 97 for at in range(LENGTH - len(prompt.ids) - 4))
        for budget in (4, 50):
            (segment,) = bench.extend((prompt, prefix, budget, 1))
            assert (len(segment), segment.stop) == (4, StopReason.CONTEXT)
        (short,) = bench.extend((prompt, prefix, 3, 1))
        assert (len(short), short.stop) == (3, StopReason.BUDGET)
        full = (*prefix, 40, 41, 42, 43)
        with pytest.raises(UserError, match="max_model_len"):
            bench.extend((prompt, full, 1, 1))


def test_swapping_the_picture_changes_the_log_probs(bench, ask, make_picture):
    one, two = (ask(bench.processor, "Count the dots", make_picture(seed)) for seed in (1, 2))
    assert one.ids == two.ids
    (seen,) = bench.extend((one, (), 20, 4))
    (other,) = bench.extend((two, (), 20, 4))
    assert seen.logprobs[0] != other.logprobs[0] or seen.token_ids[0] != other.token_ids[0]
    swapped = bench.scores(two, seen.token_ids)
    assert max(abs(a - b) for a, b in zip(seen.logprobs, swapped, strict=True)) > 1e-3
    assert bench.extend((one, (), 20, 4)) == [seen]


def test_new_weights_are_the_ones_that_sample_three_times_in_a_row(bench, prompts):
    before = bench.extend((prompts["two"], (), 16, 9))[0]
    for seed in (1, 2, 3):
        noise = torch.Generator().manual_seed(seed)
        changed = {name: tensor + 0.02 * torch.randn(tensor.shape, generator=noise) for name, tensor in bench.first.items()}
        version = bench.load(changed)
        assert bench.engine.version == version
        after = bench.extend((prompts["two"], (), 16, 9))[0]
        assert after.version == version
        assert after.logprobs != before.logprobs
        assert_scores_agree(bench, prompts)
        before = after


def test_a_policy_folder_loads_under_the_names_it_has_on_disk(bench, prompts, make_policy, tmp_path):
    other = make_policy(tmp_path / "other", 1)
    asyncio.run(bench.engine.load(next(bench.versions), FolderWeights(other)))
    bench.model.load_state_dict(load_policy(other).state_dict())
    assert_scores_agree(bench, prompts)


def test_versions_count_up_and_mark_the_segments(bench, prompts):
    first = bench.engine.version
    assert bench.load(bench.first) == bench.engine.version == first + 1
    assert bench.extend((prompts["plain"], (), 4, 0))[0].version == first + 1


def test_a_tensor_that_changed_on_the_way_is_named_and_nothing_is_sampled_until_a_good_load(bench, prompts):
    weights = MemoryWeights.of(bench.first)
    name = "model.language_model.layers.1.mlp.up_proj.weight"
    weights.state[name][0, 0] += 1.0
    version = bench.engine.version
    with pytest.raises(GuardError, match=name):
        asyncio.run(bench.engine.load(99, weights))
    assert bench.engine.version == version
    with pytest.raises(RunError, match="99"):
        bench.extend((prompts["plain"], (), 4, 0))
    bench.load(bench.first)
    assert len(bench.extend((prompts["plain"], (), 4, 0))[0]) > 0


@pytest.mark.parametrize("fault", ["missing", "unknown"])
def test_a_tensor_too_few_or_too_many_is_named(bench, fault):
    state = dict(bench.first)
    name = "model.language_model.norm.weight"
    if fault == "missing":
        del state[name]
    else:
        name = "model.language_model.layers.7.mlp.up_proj.weight"
        state[name] = torch.zeros(3)
    with pytest.raises(RunError, match=r"norm.weight|layers\.7"):
        asyncio.run(bench.engine.load(50, MemoryWeights.of(state)))


def test_weights_are_refused_while_segments_are_being_sampled(bench, prompts):
    bench.load(far_from_the_end(bench))
    expected = bench.extend((prompts["plain"], (), 20, 2))

    async def collide() -> Segment:
        running = asyncio.ensure_future(bench.engine.extend(prompts["plain"], (), 20, 2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(RunError, match="being sampled"):
            await bench.engine.load(77, MemoryWeights.of(bench.first))
        return await running

    assert asyncio.run(collide()) == expected[0]


def test_a_cancelled_call_leaves_the_others_alone_and_the_engine_free(bench, prompts):
    bench.load(far_from_the_end(bench))
    expected = bench.extend((prompts["wide"], (), 30, 2))

    async def cancel() -> Segment:
        stays, goes = (asyncio.ensure_future(bench.engine.extend(prompts[name], (), 30, 2)) for name in ("wide", "plain"))
        for _ in range(4):
            await asyncio.sleep(0)
        goes.cancel()
        with pytest.raises(asyncio.CancelledError):
            await goes
        return await stays

    assert asyncio.run(cancel()) == expected[0]
    bench.load(bench.first)


def test_weight_digests_tell_which_tensor_differs(bench):
    before = bench.engine.weight_digests()
    state = bench.state()
    state["model.language_model.layers.0.self_attn.o_proj.weight"][0, 0] += 0.5
    bench.load(state)
    after = bench.engine.weight_digests()
    differing = [name for name in before if before[name] != after[name]]
    assert len(differing) == 1
    assert "layers.0.self_attn.o_proj" in differing[0]


def test_a_budget_of_nothing_is_the_callers_mistake(bench, prompts):
    with pytest.raises(UserError, match="budget=0"):
        bench.extend((prompts["plain"], (), 0, 0))


@pytest.mark.parametrize("kind", KINDS)
def test_tempered_log_probs_are_those_of_a_transformers_forward(kind, policy, prompts):
    bench = open_bench(kind, 0.7, policy)
    try:
        assert_scores_agree(bench, prompts)
    finally:
        asyncio.run(bench.engine.close())
