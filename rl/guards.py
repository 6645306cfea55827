"""What stops a run before it trains on nonsense. On by default; each failure names the first thing at fault.

    parity        after every sync the engine's log-probs of a probe batch equal the learner's
    sensitivity   swapping a probe's picture for its negative moves the log-probs
    error rate    verifier errors are rare

The probe batch holds each pictured prompt twice, as it is and with its picture's negative, and parity is asked
of both: an engine that dropped the pictures would fail on one of them. The negative and not a blank picture,
because a uniform one leaves nothing but rounding for the vision tower's norms to scale up: float32 alone was
then off by 2e-4 nats from float64, without any fault.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_recipes.problem import Problem
from multimodal.images import negative_of
from multimodal.processing import ProcessedPrompt, PromptProcessor
from openk15.errors import GuardError
from openk15.seeds import derive_seed
from rewards.verdict import Verdict
from rl.config import GuardConfig
from rl.fleet import Fleet

FEWEST_ERRORS = 3


@dataclass(frozen=True, slots=True)
class Probes:
    """`prompts` as they are; `swapped[i]` is prompts[i] with another picture, or None for a text prompt."""

    prompts: tuple[ProcessedPrompt, ...]
    swapped: tuple[ProcessedPrompt | None, ...]


@dataclass(frozen=True, slots=True)
class SyncCheck:
    parity_max_abs: float  # nats
    image_sensitivity: float | None  # nats; None when no probe has a picture


def make_probes(problems: Sequence[Problem], images: Mapping[str, bytes], processor: PromptProcessor, count: int) -> Probes:
    """`count` problems in the order of their ids, pictured ones first, and one text problem where there is one."""
    ordered = sorted(problems, key=lambda problem: problem.id)
    pictured = [problem for problem in ordered if problem.images]
    plain = [problem for problem in ordered if not problem.images]
    chosen = (pictured[: max(1, count - bool(plain))] + plain[: 1 if pictured else count])[:count]
    prompts: list[ProcessedPrompt] = []
    swapped: list[ProcessedPrompt | None] = []
    for problem in chosen:
        prompts.append(processor.prompt(problem.messages, images))
        other = {name: negative_of(images[name]) for name in problem.images}
        swapped.append(processor.prompt(problem.messages, other) if other else None)
    return Probes(tuple(prompts), tuple(swapped))


def check_sync(fleet: Fleet, probes: Probes, config: GuardConfig, *, version: int, seed: int) -> SyncCheck:
    """Compare every rollout worker with the learner; GuardError naming the first differing tensor if they disagree."""
    swapped = [prompt for prompt in probes.swapped if prompt is not None]
    prompts = [*probes.prompts, *swapped]
    worst = 0.0
    segments = []
    for worker, segments in enumerate(fleet.probe(prompts, config.probe_tokens, derive_seed("probe", seed, version))):
        learner = fleet.score([(prompt, segment.token_ids) for prompt, segment in zip(prompts, segments, strict=True)])
        for segment, theirs in zip(segments, learner, strict=True):
            if segment.version != version:
                raise GuardError(f"rollout-{worker} generates with version {segment.version} after a sync of version {version}")
            worst = max(worst, *(_distance(a, b) for a, b in zip(segment.logprobs, theirs, strict=True)))
    if worst > config.parity_limit:
        raise GuardError(_parity_message(fleet, worst, config.parity_limit, version))
    return SyncCheck(worst, _sensitivity(fleet, probes, segments, config, version))


def _distance(one: float, other: float) -> float:
    """|one - other|; infinite when either is no number, so that no comparison lets it pass."""
    gap = abs(one - other)
    return math.inf if math.isnan(gap) else gap


def _sensitivity(fleet: Fleet, probes: Probes, segments: Sequence, config: GuardConfig, version: int) -> float | None:
    pairs = [
        (seen, other, segment.token_ids)
        for seen, other, segment in zip(probes.prompts, probes.swapped, segments[: len(probes.prompts)], strict=True)
        if other is not None
    ]
    if not pairs:
        return None
    with_picture = fleet.score([(seen, tokens) for seen, _, tokens in pairs])
    without = fleet.score([(other, tokens) for _, other, tokens in pairs])
    moved = max(abs(a - b) for one, other in zip(with_picture, without, strict=True) for a, b in zip(one, other, strict=True))
    if moved < config.image_sensitivity_min:
        raise GuardError(
            f"version {version}: swapping the pictures of {len(pairs)} probes moves no log-prob by more than {moved:.2e} "
            f"(guards.image_sensitivity_min={config.image_sensitivity_min:g}); the policy does not see its pictures"
        )
    return moved


def _parity_message(fleet: Fleet, worst: float, limit: float, version: int) -> str:
    tensor = fleet.differing_tensor()
    where = f"first differing tensor: {tensor}" if tensor else "loading the same weights again changes no tensor that the engine shows"
    return f"sync of version {version}: log-probs of engine and learner differ by {worst:.3g} (guards.parity_limit={limit:g}); {where}"


def check_errors(failed: Sequence[Verdict], judged: int, config: GuardConfig) -> None:
    """GuardError when more than `max_error_rate` of `judged` verdicts together are errors of ours; one or two are chance."""
    if len(failed) >= FEWEST_ERRORS and len(failed) / judged > config.max_error_rate:
        raise GuardError(
            f"{len(failed)} of {judged} verdicts are verifier errors (guards.max_error_rate={config.max_error_rate:g}); "
            f"the first: {failed[0].verifier}: {failed[0].reason}; mend the verifier and resume: they will be judged again"
        )
