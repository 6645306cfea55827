"""What may rank, answer and refine in a seed-model loop: a reward model, a language model as judge, an engine.

by_score    reward model: (prompt, response) -> score, highest first
by_judge    language model: is shown the responses in both directions, so that places cancel out
by_editor   language model: is asked for a better version of the top response
seed_model  answers prompts by sampling
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data_recipes.seed_loop import Ranker, Refiner, Responder, SeedPrompt
from multimodal.messages import Part, user

if TYPE_CHECKING:
    from data_recipes.sampling import SamplerConfig

JUDGE = """Below are a request and {count} responses to it. Order the responses from best to worst: which one answers the request
fully, correctly and in clear language?

Request:
{prompt}

{responses}

End with one line of the form "Order: 3, 1, 2", which holds every number once, best first."""

EDITOR = """Below are a request and a response to it. Improve the response: correct what is wrong, add what is missing, leave out
what does not help. Keep what is good. Write the improved response and nothing else.

Request:
{prompt}

Response:
{response}"""

_ORDER = re.compile(r"order\s*:\s*([\d\s,>]+)", re.IGNORECASE)


def by_score(score: Callable[[str, str], float | None]) -> Ranker:
    """Highest score first, the earlier of equals first; ValueError when a response has no score."""

    def rank(prompt: SeedPrompt, responses: Sequence[str]) -> list[int]:
        scores = [score(prompt.text, response) for response in responses]
        if None in scores:
            raise ValueError(f"response {scores.index(None)} has no score")
        return sorted(range(len(responses)), key=lambda index: (-float(scores[index] or 0.0), index))

    return rank


def read_order(reply: str, count: int) -> list[int]:
    """Indices (from 0) of the last "Order: ..." line; ValueError when it does not hold each number once."""
    found = _ORDER.findall(reply)
    numbers = [int(number) for number in re.findall(r"\d+", found[-1])] if found else []
    if sorted(numbers) != list(range(1, count + 1)):
        raise ValueError(f'the judge ordered {numbers or "nothing"}; expected a line "Order: ..." with each of 1 to {count} once')
    return [number - 1 for number in numbers]


def by_judge(ask: Callable[[str], str]) -> Ranker:
    """The sum of ranks over two readings, the second with the responses in reverse; the earlier of equals first."""

    def rank(prompt: SeedPrompt, responses: Sequence[str]) -> list[int]:
        forward = list(range(len(responses)))
        ranks = [0] * len(responses)
        for places in (forward, forward[::-1]):
            shown = "\n\n".join(f"Response {number}:\n{responses[index]}" for number, index in enumerate(places, 1))
            reply = ask(JUDGE.format(count=len(responses), prompt=prompt.text, responses=shown))
            for place, number in enumerate(read_order(reply, len(responses))):
                ranks[places[number]] += place
        return sorted(forward, key=lambda index: (ranks[index], index))

    return rank


def by_editor(ask: Callable[[str], str]) -> Refiner:
    """ValueError when the editor writes nothing."""

    def refine(prompt: SeedPrompt, response: str) -> str:
        text = ask(EDITOR.format(prompt=prompt.text, response=response)).strip()
        if not text:
            raise ValueError("the editor wrote nothing")
        return text

    return refine


def seed_model(config: SamplerConfig, folder: Path, n: int = 4, seed: int = 0) -> Responder:
    """`n` samples for each prompt; those that are stored in `folder` are not made again. A sample that was cut is no response."""

    def respond(prompts: Sequence[SeedPrompt]) -> Iterator[list[str]]:
        from data_recipes.sampling import Request, SampleStore, draw

        requests = [Request.of((user(Part(text=prompt.text)),), n) for prompt in prompts]
        for samples in draw(config, requests, {}, SampleStore(folder), seed):
            yield [sample.text for sample in samples if not sample.truncated]

    return respond
