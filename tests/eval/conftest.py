"""An engine and a processor without a model: responses come from a table the test writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_recipes.problem import Problem
from multimodal.images import encode_png, image_digest
from multimodal.messages import Message, Part, user
from multimodal.processing import ProcessedPrompt
from multimodal.segment import Segment, StopReason
from rewards import Answer


@dataclass
class FakeProcessor:
    """A token is a character; the prompt's text travels in its ids, the pictures as they were handed over."""

    calls: int = 0

    def prompt(self, messages: Sequence[Message], images: Mapping[str, bytes]) -> ProcessedPrompt:
        self.calls += 1
        ids = tuple(map(ord, "".join(message.text for message in messages)))
        return ProcessedPrompt(ids, ids, tuple(images[name] for message in messages for name in message.images))

    def decode(self, token_ids: Sequence[int]) -> str:
        return "".join(map(chr, token_ids))


@dataclass
class Call:
    text: str
    images: tuple[bytes, ...]
    prefix: tuple[int, ...]
    budget: int
    seed: int


Respond = Callable[[str, int], tuple[str, StopReason]]


@dataclass
class FakeEngine:
    """`respond(question, seed)` -> (response, stop). Later calls finish earlier, as on a real engine they may."""

    respond: Respond
    version: int = 0
    calls: list[Call] = field(default_factory=list)
    running: int = 0
    most_running: int = 0
    closed: bool = False

    async def extend(self, prompt: ProcessedPrompt, prefix: Sequence[int], budget: int, seed: int) -> Segment:
        text = "".join(map(chr, prompt.ids))
        self.calls.append(Call(text, prompt.images, tuple(prefix), budget, seed))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        for _ in range(max(1, 20 - len(self.calls))):
            await asyncio.sleep(0)
        self.running -= 1
        response, stop = self.respond(text, seed)
        return Segment(tuple(map(ord, response)), (-0.5,) * len(response), self.version, seed, stop)

    async def close(self) -> None:
        self.closed = True


def make_problem(question: str, answer: str, *, image: str | None = None, grade: int = 1, verifier: str = "number") -> Problem:
    parts = (Part(text=question), *((Part(image=image),) if image else ()))
    tags = {"modality": "image" if image else "text", "source": "fake", "grade": str(grade), "template": question.split()[0]}
    return Problem((user(*parts),), Answer(verifier, answer), tags)


@pytest.fixture
def processor() -> FakeProcessor:
    return FakeProcessor()


@pytest.fixture
def engine_of() -> Callable[..., FakeEngine]:
    return FakeEngine


@pytest.fixture
def problem_of() -> Callable[..., Problem]:
    return make_problem


@pytest.fixture
def picture() -> tuple[str, bytes]:
    """(digest, PNG of 30x20 noise)"""
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    data = encode_png(Image.fromarray(noise))
    return image_digest(data), data


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """What a checkpoint folder looks like before anything opens it."""
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model-00002.safetensors").write_bytes(b"second")
    (folder / "model-00001.safetensors").write_bytes(b"first")
    return folder
