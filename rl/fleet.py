"""Where workers live. `Fleet` is what the loop talks to; `LocalFleet` keeps everything in this process.

    loop -> publish(version)            learner's weights into every rollout worker
         -> rollout(tasks, prompts)     segments stream back as they finish
         -> submit(...) / verdicts()    responses to the reward pool, verdicts back
         -> train(...)                  starts gradient steps; what it returns waits for the next version's checkpoint on disk

Workers may die at any time; a fleet replaces them and asks again for what was not delivered. It holds no state
of record: what it needs to bring a worker back is a checkpoint folder and the version's weights.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from data_recipes.problem import Problem
from eval.samples import SampleRecord
from multimodal.processing import ProcessedPrompt
from multimodal.segment import Segment, StopReason
from rewards.pool import RewardPool
from rewards.verdict import Answer, Verdict
from rl.config import RewardsConfig, RLConfig
from rl.learner import Learner, TrainItem, TrainStats
from rl.rollout import RolloutTask, RolloutWorker

Prompts = Mapping[str, ProcessedPrompt]
Judged = tuple[str, str, Verdict]  # trajectory id, response text, verdict


class Fleet(Protocol):
    def publish(self, version: int) -> None: ...
    def rollout(self, tasks: Sequence[RolloutTask], prompts: Prompts) -> Iterator[list[tuple[str, Segment]]]: ...
    def submit(self, items: Sequence[tuple[str, str, Answer]]) -> None: ...
    def verdicts(self) -> Iterator[list[Judged]]: ...
    def train(
        self, version: int, minibatches: Sequence[Sequence[TrainItem]], prompts: Prompts, out: Path, state: Mapping[str, Any]
    ) -> Callable[[], TrainStats]: ...
    def score(self, items: Sequence[tuple[ProcessedPrompt, tuple[int, ...]]]) -> list[list[float]]: ...
    def probe(self, prompts: Sequence[ProcessedPrompt], budget: int, seed: int) -> list[list[Segment]]: ...
    def differing_tensor(self) -> str | None: ...
    def evaluate(
        self, problems: Sequence[Problem], images: Mapping[str, bytes], samples: int, max_tokens: int, seed: int
    ) -> list[SampleRecord]: ...
    def close(self) -> None: ...


def deal(tasks: Sequence[RolloutTask], workers: int) -> list[list[RolloutTask]]:
    """Tasks by turns to workers, longest prefix first, so that loads are even; results do not depend on it."""
    ordered = sorted(tasks, key=lambda task: (-len(task.prefix), task.trajectory))
    return [list(ordered[worker::workers]) for worker in range(workers)]


def needed_prompts(tasks: Sequence[RolloutTask], prompts: Prompts) -> dict[str, ProcessedPrompt]:
    return {task.prompt: prompts[task.prompt] for task in tasks}


def first_difference(before: Mapping[str, str], after: Mapping[str, str]) -> str | None:
    """Name of the first tensor whose digest changed when the same weights were loaded once more."""
    return next((name for name in before if before[name] != after.get(name)), None)


def pool_settings(config: RewardsConfig) -> dict[str, Any]:
    """Arguments of the run's RewardPool."""
    return {"workers": config.processes(), "deadline": config.deadline, "memory_mb": config.memory_mb, "preload": config.modules}


def judge_records(fleet: Fleet, records: Sequence[SampleRecord], problems: Sequence[Problem]) -> list[SampleRecord]:
    """An evaluation's responses with the reward pool's verdicts. Nothing else may be waiting for verdicts meanwhile."""
    answers = {problem.id: problem.answer for problem in problems}
    ended = {str(at): record for at, record in enumerate(records) if record.stop is not StopReason.ABORT}
    fleet.submit([(key, record.response, answers[record.problem_id]) for key, record in ended.items()])
    verdicts = {key: verdict for judged in fleet.verdicts() for key, _, verdict in judged}
    assert verdicts.keys() == ended.keys(), "other responses were waiting for verdicts"
    return [replace(record, verdict=verdicts.get(str(at), record.verdict)) for at, record in enumerate(records)]


class LocalFleet:
    """One rollout worker, the reward pool and the learner in this process (what judges is in the pool's own processes).

    For unit tests and small machines.
    """

    def __init__(self, config: RLConfig, checkpoint: Path, version: int):
        self._config = config
        self._loop = asyncio.new_event_loop()
        self._worker = RolloutWorker(config.engine, config.policy)
        self._learner = Learner(config.policy, config.learner, temperature=config.engine.temperature, dtype=config.engine.dtype)
        if version:
            self._learner.restore(checkpoint, version)
        self._pool = RewardPool(**pool_settings(config.rewards))
        self._judged: list[Judged] = []

    def publish(self, version: int) -> None:
        self._loop.run_until_complete(self._worker.load(version, self._learner.weights(version)))

    def rollout(self, tasks: Sequence[RolloutTask], prompts: Prompts) -> Iterator[list[tuple[str, Segment]]]:
        stream = self._worker.extend(tasks, needed_prompts(tasks, prompts))
        while True:
            try:
                yield self._loop.run_until_complete(anext(stream))
            except StopAsyncIteration:
                return

    def submit(self, items: Sequence[tuple[str, str, Answer]]) -> None:
        verdicts = self._pool.score([(text, answer) for _, text, answer in items])
        self._judged += [(key, text, verdict) for (key, text, _), verdict in zip(items, verdicts, strict=True)]

    def verdicts(self) -> Iterator[list[Judged]]:
        judged, self._judged = self._judged, []
        if judged:
            yield judged

    def train(
        self, version: int, minibatches: Sequence[Sequence[TrainItem]], prompts: Prompts, out: Path, state: Mapping[str, Any]
    ) -> Callable[[], TrainStats]:
        stats = self._learner.train_and_save(version, minibatches, prompts, out, state)
        return lambda: stats

    def score(self, items: Sequence[tuple[ProcessedPrompt, tuple[int, ...]]]) -> list[list[float]]:
        return self._learner.score(items)

    def probe(self, prompts: Sequence[ProcessedPrompt], budget: int, seed: int) -> list[list[Segment]]:
        return [self._loop.run_until_complete(self._worker.probe(prompts, budget, seed))]

    def differing_tensor(self) -> str | None:
        before = self._worker.weight_digests()
        version = self._worker.engine.version
        self._loop.run_until_complete(self._worker.load(version, self._learner.weights(version)))
        return first_difference(before, self._worker.weight_digests())

    def evaluate(
        self, problems: Sequence[Problem], images: Mapping[str, bytes], samples: int, max_tokens: int, seed: int
    ) -> list[SampleRecord]:
        records = self._loop.run_until_complete(self._worker.answer(problems, images, samples, max_tokens, seed))
        return judge_records(self, records, problems)

    def pids(self) -> dict[str, int]:
        return {"learner": os.getpid(), "rollout-0": os.getpid(), "rewards": os.getpid()}

    def close(self) -> None:
        self._pool.close()
        self._loop.run_until_complete(self._worker.close())
        self._loop.close()
