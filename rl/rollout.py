"""A rollout worker: extends trajectories with one engine, streaming segments as they finish.

A plain class: a unit test builds it in process, Ray places it as an actor. It keeps no state of record; what
it was doing when it died is asked for again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_recipes.problem import Problem
from eval.runner import evaluate
from eval.samples import SampleRecord
from multimodal.engines import EngineConfig, open_engine
from multimodal.processing import ProcessedPrompt, PromptProcessor
from multimodal.segment import Segment
from multimodal.weights import WeightSource
from rewards.verdict import Answer, Status, Verdict


@dataclass(frozen=True, slots=True)
class RolloutTask:
    """One segment to sample. `prompt` is a key into the prompts that come with the tasks."""

    trajectory: str
    prompt: str
    prefix: tuple[int, ...]
    budget: int
    seed: int


def unjudged(response: str, answer: Answer) -> Verdict:
    """Stands where a verdict will be; should one be forgotten it is an error, and no score."""
    return Verdict(Status.ERROR, None, None, "not judged", 0.0, answer.verifier)


class RolloutWorker:
    def __init__(self, config: EngineConfig, policy: Path):
        self.engine = open_engine(config, policy)
        self.processor = PromptProcessor.load(policy)

    def ping(self) -> int:
        """The process it lives in."""
        return os.getpid()

    async def load(self, version: int, weights: WeightSource) -> None:
        await self.engine.load(version, weights)

    def weight_digests(self) -> dict[str, str]:
        return self.engine.weight_digests()

    async def extend(
        self, tasks: Sequence[RolloutTask], prompts: Mapping[str, ProcessedPrompt]
    ) -> AsyncIterator[list[tuple[str, Segment]]]:
        """Sample every task; yields (trajectory id, segment) in batches as they finish."""

        async def one(task: RolloutTask) -> tuple[str, Segment]:
            return task.trajectory, await self.engine.extend(prompts[task.prompt], task.prefix, task.budget, task.seed)

        waiting = {asyncio.ensure_future(one(task)) for task in tasks}
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                yield [finished.result() for finished in done]
        finally:
            for left in waiting:
                left.cancel()

    async def probe(self, prompts: Sequence[ProcessedPrompt], budget: int, seed: int) -> list[Segment]:
        """One short segment a prompt, for the guards."""
        return list(await asyncio.gather(*(self.engine.extend(prompt, (), budget, seed + at) for at, prompt in enumerate(prompts))))

    async def answer(
        self, problems: Sequence[Problem], images: Mapping[str, bytes], samples: int, max_tokens: int, seed: int
    ) -> list[SampleRecord]:
        """`samples` responses to each problem, not judged: verdicts are the reward pool's to give."""
        return await evaluate(
            self.engine, self.processor, problems, images, samples=samples, max_tokens=max_tokens, seed=seed, judge=unjudged
        )

    async def close(self) -> None:
        await self.engine.close()
