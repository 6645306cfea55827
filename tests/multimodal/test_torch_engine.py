"""What is the torch engine's own: its sampler, its lanes, and its errors."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import torch

from multimodal.engines import EngineConfig, EngineKind, open_engine
from multimodal.engines import torch_engine as module
from multimodal.engines.torch_engine import TorchEngine
from multimodal.policy import load_policy
from multimodal.processing import ProcessedPrompt
from multimodal.segment import Segment, StopReason
from multimodal.weights import MemoryWeights
from openk15.errors import RunError, UserError

CONFIG = EngineConfig(kind=EngineKind.TORCH, max_model_len=300, max_num_seqs=64, repeat=None)


@pytest.fixture(scope="module")
def engine(policy) -> Iterator[TorchEngine]:
    opened = open_engine(CONFIG, policy)
    assert isinstance(opened, TorchEngine)
    yield opened
    asyncio.run(opened.close())


def extend(engine: TorchEngine, *calls: tuple[ProcessedPrompt, Sequence[int], int, int]) -> list[Segment]:
    async def together() -> list[Segment]:
        return await asyncio.gather(*(engine.extend(*call) for call in calls))

    return asyncio.run(together())


def test_calls_of_one_tick_share_their_steps(engine, prompts, monkeypatch):
    widths: Counter[int] = Counter()
    step = TorchEngine._step
    monkeypatch.setattr(
        TorchEngine, "_step", lambda self, lanes, tokens: (widths.update([len(lanes.streams)]), step(self, lanes, tokens))[1]
    )
    segments = extend(engine, *((prompts["plain"], (), 10, seed) for seed in range(30)))
    assert widths[30] > 0
    assert sum(widths.values()) == max(map(len, segments)) - 1


def test_streams_that_end_leave_the_cache(engine, prompts, monkeypatch):
    widths: list[tuple[int, int]] = []
    step = TorchEngine._step
    monkeypatch.setattr(
        TorchEngine, "_step", lambda self, lanes, tokens: (widths.append((len(lanes.streams), lanes.width)), step(self, lanes, tokens))[1]
    )
    extend(engine, *((prompts["plain"], (), 2 + 4 * (seed % 10), seed) for seed in range(40)))
    assert widths[0] == (40, module.LANES)
    assert widths[-1][0] <= 5
    assert {width for _, width in widths} == {module.LANES}, "a batch of another width would round differently"


def test_no_batch_is_wider_than_the_config_says(policy, prompts, monkeypatch):
    widths: list[int] = []
    read = TorchEngine._read
    monkeypatch.setattr(TorchEngine, "_read", lambda self, streams: (widths.append(len(streams)), read(self, streams))[1])
    engine = TorchEngine(CONFIG.model_copy(update={"max_num_seqs": 4}), policy)
    segments = extend(engine, *((prompts["plain"], (), 3, seed) for seed in range(10)))
    assert widths == [4, 4, 2]
    assert [segment.seed for segment in segments] == list(range(10))


def test_each_distinct_prompt_is_read_once(engine, prompts, monkeypatch):
    read: list[int] = []
    forward = TorchEngine._forward
    monkeypatch.setattr(
        TorchEngine, "_forward", lambda self, ids, *rest, **more: (read.append(ids.shape[1]), forward(self, ids, *rest, **more))[1]
    )
    calls = [(prompts[name], (), 3, seed) for seed in range(5) for name in ("plain", "two")]
    extend(engine, *calls, (prompts["two"], (50, 51), 3, 9))
    assert sorted(width for width in read if width > 1) == sorted([len(prompts["plain"]), len(prompts["two"]), 2])


def test_draws_follow_the_distribution(engine, policy, prompts):
    """First tokens over many seeds against the model's own probabilities."""
    count = 3000
    calls = [(prompts["plain"], (), 1, seed) for seed in range(count)]
    drawn = Counter(segment.token_ids[0] for segment in extend(engine, *calls))
    with torch.no_grad():
        logits = load_policy(policy)(input_ids=torch.tensor([prompts["plain"].ids])).logits[0, -1]
    logits[engine._forbidden] = float("-inf")
    expected = count * logits.softmax(0).numpy()
    # Pearson's statistic over ten groups of about equal weight; 27.9 is its 0.999 quantile at nine degrees of freedom.
    group = np.minimum((expected.cumsum() / count * 10).astype(int), 9)
    found = np.bincount(group, [drawn[token] for token in range(len(expected))], 10)
    wanted = np.bincount(group, expected, 10)
    assert float(((found - wanted) ** 2 / wanted).sum()) < 27.9


def test_a_longer_budget_starts_with_the_shorter_ones_tokens(engine, prompts):
    short, long = extend(engine, (prompts["wide"], (), 5, 3), (prompts["wide"], (), 25, 3))
    assert long.token_ids[:5] == short.token_ids
    assert long.logprobs[:5] == short.logprobs


def test_a_call_that_comes_while_others_run_is_served_after_them(engine, prompts):
    (expected,) = extend(engine, (prompts["two"], (), 12, 8))

    async def late() -> Segment:
        early = asyncio.ensure_future(engine.extend(prompts["plain"], (), 30, 1))
        for _ in range(5):
            await asyncio.sleep(0)
        segment = await engine.extend(prompts["two"], (), 12, 8)
        assert early.done()
        return segment

    assert asyncio.run(late()) == expected


def test_a_loop_that_was_left_in_the_middle_does_not_hold_the_engine(engine, prompts):
    (expected,) = extend(engine, (prompts["plain"], (), 12, 8))

    async def leave() -> None:
        asyncio.ensure_future(engine.extend(prompts["plain"], (), 200, 1))  # noqa: RUF006 - left behind on purpose
        for _ in range(5):
            await asyncio.sleep(0)

    asyncio.run(leave())
    asyncio.run(engine.load(5, MemoryWeights.of(engine._model.state_dict())))
    (again,) = extend(engine, (prompts["plain"], (), 12, 8))
    assert again.token_ids == expected.token_ids
    assert again.version == 5


def test_a_loop_that_was_closed_without_a_word_does_not_hold_the_engine(engine, prompts):
    (expected,) = extend(engine, (prompts["plain"], (), 12, 8))
    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(engine.extend(prompts["plain"], (), 200, seed)) for seed in range(3)]
    loop.run_until_complete(asyncio.sleep(0.01))
    assert not any(task.done() for task in tasks)
    loop.close()
    asyncio.run(engine.load(6, MemoryWeights.of(engine._model.state_dict())))
    (again,) = extend(engine, (prompts["plain"], (), 12, 8))
    assert (again.token_ids, again.version) == (expected.token_ids, 6)
    for task in tasks:  # its loop cannot end it any more
        task._log_destroy_pending = False  # type: ignore[attr-defined]


def test_sampling_leaves_no_inference_mode_behind_for_other_tasks(engine, prompts):
    async def watch() -> list[bool]:
        running = asyncio.ensure_future(engine.extend(prompts["plain"], (), 10, 1))
        seen = []
        while not running.done():
            await asyncio.sleep(0)
            seen.append(torch.is_inference_mode_enabled())
        await running
        return seen

    seen = asyncio.run(watch())
    assert len(seen) > 3
    assert not any(seen)


def test_a_failure_reaches_every_caller_and_the_next(policy, prompts, monkeypatch):
    engine = TorchEngine(CONFIG, policy)

    def fail(*_: object) -> None:
        raise ValueError("out of paper")

    monkeypatch.setattr(engine, "_step", fail)

    async def both() -> list[Segment | BaseException]:
        calls = (engine.extend(prompts["plain"], (), 10, seed) for seed in range(2))
        return await asyncio.gather(*calls, return_exceptions=True)

    for error in asyncio.run(both()):
        assert isinstance(error, RunError)
        assert "ValueError: out of paper" in str(error)
    with pytest.raises(RunError, match="out of paper"):
        extend(engine, (prompts["plain"], (), 1, 0))
    asyncio.run(engine.load(1, MemoryWeights.of(engine._model.state_dict())))
    monkeypatch.undo()
    assert len(extend(engine, (prompts["plain"], (), 3, 0))[0]) > 0


def test_a_closed_engine_says_so(policy, prompts):
    engine = TorchEngine(CONFIG, policy)

    async def close_under_way() -> None:
        running = asyncio.ensure_future(engine.extend(prompts["plain"], (), 50, 1))
        for _ in range(4):
            await asyncio.sleep(0)
        await engine.close()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(close_under_way())
    with pytest.raises(RunError, match="the engine is closed"):
        extend(engine, (prompts["plain"], (), 1, 0))


def test_a_folder_that_is_no_policy_is_one_line(tmp_path):
    with pytest.raises(UserError, match="no such policy folder"):
        TorchEngine(CONFIG, tmp_path / "nowhere")


def test_the_lanes_keep_each_text_in_its_own_slots(engine, prompts):
    """Caches of several lengths, the table grown and its ranks closed: what is read is what went in."""
    with torch.inference_mode():
        loop = asyncio.new_event_loop()
        streams = [
            module._Stream(loop.create_future(), prompts[name], (), 200, StopReason.BUDGET, 0, np.random.default_rng(0)) for name in prompts
        ]
        lanes, _ = engine._read(streams)
        alone = [engine._read([stream])[0] for stream in streams]
        for lane, (name, other) in enumerate(zip(prompts, alone, strict=True)):
            length = len(prompts[name])
            for together, single in zip(lanes.cache.layers, other.cache.layers, strict=True):
                assert torch.equal(together.keys[lane, :, :length], single.keys[0, :, :length])
                assert torch.equal(together.values[lane, :, :length], single.values[0, :, :length])
        mask = lanes.advance()
        assert mask.shape[0] == module.LANES
        assert mask.shape[-1] % 64 == 0
        assert mask.sum(dim=(1, 2, 3)).tolist()[:4] == [len(prompts[name]) + 1 for name in prompts]
