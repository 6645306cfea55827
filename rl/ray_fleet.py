"""The fleet as Ray actors: this machine by default, a cluster by address.

    driver --tasks--> RolloutWorker x n   (each owns an engine)      segments stream back
           --texts--> RewardPool          (scores while others generate, in processes of its own that can be killed)
           --batch--> Learner             (its weights reach the workers through the object store)

A dead actor is replaced at most `placement.restarts` times in a run: a rollout worker gets the current
weights and the tasks it had not delivered; the learner goes back to the last checkpoint and does the call
again. Every wait has a deadline and says whom it waits for.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data_recipes.problem import Problem
from eval.samples import SampleRecord
from multimodal.processing import ProcessedPrompt
from multimodal.segment import Segment
from openk15.cluster import connect
from openk15.errors import DeadlineError, OpenK15Error, RunError, UserError
from openk15.files import atomic_write_json
from rewards.pool import RewardPool
from rewards.verdict import Answer
from rl.config import RLConfig
from rl.fleet import Judged, Prompts, deal, first_difference, judge_records, needed_prompts, pool_settings
from rl.learner import Learner, TrainItem, TrainStats
from rl.rollout import RolloutTask, RolloutWorker


class RayFleet:
    """See the module's docstring; the methods are those of `rl.fleet.Fleet`."""

    def __init__(self, config: RLConfig, checkpoint_of: Callable[[int], Path], version: int, record: Path | None = None):
        import ray

        self._config = config
        self._checkpoint_of = checkpoint_of
        self._version = version  # what the learner holds
        self._weights: tuple[int, Any] | None = None  # published version and its object
        self._restarts = 0
        self._record = record
        self._pids: dict[str, int] = {}
        if not ray.is_initialized():  # a new run at an address is connected already
            connect(config.placement.ray_address, "placement.ray_address")
        self._check_resources()
        self._scoring: dict[Any, list[tuple[str, str, Answer]]] = {}
        # All are created before any is waited for, so that they start side by side.
        pool, learner = self._new_pool(), self._new_learner()
        workers = [self._new_worker() for _ in range(config.rollout.workers)]
        self._pool = self._started("rewards", pool, self._new_pool)
        self._learner = self._started("learner", learner, self._new_learner)
        self._workers = [self._started(f"rollout-{at}", worker, self._new_worker) for at, worker in enumerate(workers)]

    # -- actors ------------------------------------------------------------------------------------------

    def _check_resources(self) -> None:
        import ray

        have = ray.cluster_resources()
        gpus = int(have.get("GPU", 0))
        if gpus and gpus < self._config.rollout.workers:
            raise UserError(f"rollout.workers={self._config.rollout.workers}, but the Ray cluster has {gpus} GPUs; ask for at most {gpus}")
        self._gpu_share = 1.0 if gpus > self._config.rollout.workers else (0.5 if gpus else 0.0)

    def _actor(self, plain: type, cpus: float, gpus: float, *arguments: Any, **named: Any) -> Any:
        import ray

        remote = ray.remote(plain)
        return remote.options(num_cpus=cpus, num_gpus=gpus, max_restarts=0, max_task_retries=0).remote(*arguments, **named)

    def _new_pool(self) -> Any:
        return self._actor(RewardPool, 0, 0, **pool_settings(self._config.rewards))

    def _new_learner(self) -> Any:
        config = self._config
        return self._actor(
            Learner,
            0,
            self._gpu_share,
            config.policy.resolve(),
            config.learner,
            temperature=config.engine.temperature,
            threads=int(os.environ["OMP_NUM_THREADS"]),
            dtype=config.engine.dtype,
        )

    def _new_worker(self) -> Any:
        return self._actor(RolloutWorker, 0, self._gpu_share, self._config.engine, self._config.policy.resolve())

    def _started(self, name: str, actor: Any, make: Callable[[], Any]) -> Any:
        """The actor, ready for its next call: alive, with the weights it must have; replaced while it dies on the way there."""
        from ray.exceptions import RayActorError

        while True:
            try:
                pid = self._get(actor.ping.remote(), f"{name} to start", "start_seconds")
                if name == "learner" and self._version:
                    restore = actor.restore.remote(self._checkpoint_of(self._version).resolve(), self._version)
                    self._get(restore, f"the learner to restore version {self._version}", "start_seconds")
                if name.startswith("rollout") and self._weights:
                    version, weights = self._weights
                    self._get(actor.load.remote(version, weights), f"{name} to load version {version}")
                break
            except RayActorError as error:
                if "creation task" in str(error):  # it failed by itself, and would again
                    raise RunError(f"{name} did not start: {str(error).strip().splitlines()[-1]}") from error
                self._replaced(name, error)
                actor = make()
        self._pids[name] = pid
        if self._record:
            atomic_write_json(self._record, self._pids)
        return actor

    def _get(self, ref: Any, whom: str, limit_key: str = "step_seconds") -> Any:
        """Result of a call; our own errors come back as they were raised, a dead actor as RayActorError."""
        import ray
        from ray.exceptions import GetTimeoutError, RayTaskError

        limit = getattr(self._config.placement, limit_key)
        try:
            return ray.get(ref, timeout=limit)
        except GetTimeoutError:
            raise DeadlineError(f"waited {limit:.0f} s for {whom}; raise placement.{limit_key} if it was only slow") from None
        except RayTaskError as error:
            if isinstance(error.cause, OpenK15Error):
                raise error.cause from None
            raise RunError(f"{whom}: {type(error.cause).__name__}: {error.cause}") from error

    def _replaced(self, name: str, error: BaseException) -> None:
        self._restarts += 1
        if self._restarts > self._config.placement.restarts:
            cause = " ".join(str(error).split())[:300]
            raise RunError(
                f"{name} died and placement.restarts={self._config.placement.restarts} replacements are used up: {cause}"
            ) from error

    def _revive_worker(self, at: int, error: BaseException) -> None:
        self._replaced(f"rollout-{at}", error)
        self._workers[at] = self._started(f"rollout-{at}", self._new_worker(), self._new_worker)

    def _ask_learner(self, whom: str, method: str, *arguments: Any) -> Any:
        return self._begin_learner(whom, method, *arguments)()

    def _begin_learner(self, whom: str, method: str, *arguments: Any) -> Callable[[], Any]:
        """Start a call; the returned function waits for its result, and asks a new learner when this one dies."""
        from ray.exceptions import RayActorError

        ref = getattr(self._learner, method).remote(*arguments)

        def wait() -> Any:
            nonlocal ref
            while True:
                try:
                    return self._get(ref, f"the learner to {whom}")
                except RayActorError as error:
                    self._replaced("learner", error)
                    self._learner = self._started("learner", self._new_learner(), self._new_learner)
                    ref = getattr(self._learner, method).remote(*arguments)

        return wait

    def _ask_worker(self, at: int, whom: str, method: str, *arguments: Any) -> Any:
        from ray.exceptions import RayActorError

        while True:
            try:
                return self._get(getattr(self._workers[at], method).remote(*arguments), f"rollout-{at} to {whom}")
            except RayActorError as error:
                self._revive_worker(at, error)

    # -- the loop's calls ----------------------------------------------------------------------------------

    def publish(self, version: int) -> None:
        import ray

        weights = ray.put(self._ask_learner("hand out its weights", "weights", version))
        self._weights = (version, weights)
        for at in range(len(self._workers)):
            self._ask_worker(at, f"load version {version}", "load", version, weights)

    def rollout(self, tasks: Sequence[RolloutTask], prompts: Prompts) -> Iterator[list[tuple[str, Segment]]]:
        import ray
        from ray.exceptions import RayActorError, RayTaskError

        streams: dict[Any, int] = {}
        left: dict[int, dict[str, RolloutTask]] = {}

        def ask(at: int) -> None:
            wanted = list(left[at].values())
            if wanted:
                call = self._workers[at].extend.options(num_returns="streaming")
                streams[call.remote(wanted, ray.put(needed_prompts(wanted, prompts)))] = at

        for at, share in enumerate(deal(tasks, len(self._workers))):
            left[at] = {task.trajectory: task for task in share}
            ask(at)
        deadline = time.monotonic() + self._config.placement.step_seconds
        while streams:
            ready, _ = ray.wait(list(streams), num_returns=1, timeout=max(0.0, deadline - time.monotonic()))
            if not ready:
                waiting = ", ".join(f"rollout-{at} ({len(left[at])} trajectories)" for at in streams.values())
                raise DeadlineError(f"waited {self._config.placement.step_seconds:.0f} s for {waiting}; raise placement.step_seconds")
            stream: Any = ready[0]
            at = streams[stream]
            try:
                segments = ray.get(next(stream))
            except StopIteration:
                del streams[stream]
                continue
            except RayActorError as error:
                del streams[stream]
                self._revive_worker(at, error)
                ask(at)
                continue
            except RayTaskError as error:
                if isinstance(error.cause, OpenK15Error):
                    raise error.cause from None
                raise RunError(f"rollout-{at}: {type(error.cause).__name__}: {error.cause}") from error
            for key, _ in segments:
                del left[at][key]
            deadline = time.monotonic() + self._config.placement.step_seconds
            yield segments

    def submit(self, items: Sequence[tuple[str, str, Answer]]) -> None:
        if items:
            ref = self._pool.score.remote([(text, answer) for _, text, answer in items])
            self._scoring[ref] = list(items)

    def verdicts(self) -> Iterator[list[Judged]]:
        """Drain what was submitted, in the order of submission."""
        from ray.exceptions import RayActorError

        while self._scoring:
            ref = next(iter(self._scoring))
            try:
                verdicts = self._get(ref, "the reward pool to score")
            except RayActorError as error:
                self._replaced("rewards", error)
                self._pool = self._started("rewards", self._new_pool(), self._new_pool)
                again, self._scoring = list(self._scoring.values()), {}
                for items in again:
                    self.submit(items)
                continue
            items = self._scoring.pop(ref)
            yield [(key, text, verdict) for (key, text, _), verdict in zip(items, verdicts, strict=True)]

    def train(
        self, version: int, minibatches: Sequence[Sequence[TrainItem]], prompts: Prompts, out: Path, state: Mapping[str, Any]
    ) -> Callable[[], TrainStats]:
        import ray

        needed = {item.prompt: prompts[item.prompt] for items in minibatches for item in items}
        arguments = (version, minibatches, ray.put(needed), out.resolve(), dict(state))
        wait = self._begin_learner(f"train version {version}", "train_and_save", *arguments)

        def trained() -> TrainStats:
            stats: TrainStats = wait()
            self._version = version + 1
            return stats

        return trained

    def score(self, items: Sequence[tuple[ProcessedPrompt, tuple[int, ...]]]) -> list[list[float]]:
        return self._ask_learner("score probes", "score", list(items))

    def probe(self, prompts: Sequence[ProcessedPrompt], budget: int, seed: int) -> list[list[Segment]]:
        return [self._ask_worker(at, "answer probes", "probe", list(prompts), budget, seed) for at in range(len(self._workers))]

    def differing_tensor(self) -> str | None:
        assert self._weights is not None
        version, weights = self._weights
        for at in range(len(self._workers)):
            before = self._ask_worker(at, "digest its weights", "weight_digests")
            self._ask_worker(at, f"load version {version}", "load", version, weights)
            found = first_difference(before, self._ask_worker(at, "digest its weights", "weight_digests"))
            if found:
                return found
        return None

    def evaluate(
        self, problems: Sequence[Problem], images: Mapping[str, bytes], samples: int, max_tokens: int, seed: int
    ) -> list[SampleRecord]:
        records = self._ask_worker(0, "answer an evaluation", "answer", list(problems), dict(images), samples, max_tokens, seed)
        return judge_records(self, records, problems)

    def close(self) -> None:
        import ray

        with contextlib.suppress(Exception):
            ray.shutdown()
