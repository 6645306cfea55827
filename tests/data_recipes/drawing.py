"""A model that answers from a script, for tests of what is done with samples."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from data_recipes import sampling
from data_recipes.sampling import Request, Sample, SamplerConfig, SampleStore

Say = Callable[[str, int], str]  # (what the model reads, index of the sample) -> what it writes


def folder_of_a_model(path: Path) -> Path:
    """Looks like a model that takes pictures; nothing in it can be loaded."""
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps({"model_type": "scripted", "vision_config": {}}))
    (path / "model.safetensors").write_bytes(b"none")
    return path


def script(patch: pytest.MonkeyPatch, say: Say) -> list[Request]:
    """Let `say` answer for every model; a token is a word; a text that ends with "…" was cut. Returns the requests as they come."""
    asked: list[Request] = []

    def draw(
        config: SamplerConfig, requests: Sequence[Request], images: Mapping[str, bytes], store: SampleStore, seed: int
    ) -> Iterator[tuple[Sample, ...]]:
        asked.extend(requests)
        for request in requests:
            texts = [say(request.messages[-1].text, index) for index in range(request.n)]
            yield tuple(Sample(text, len(text.split()), text.endswith("…")) for text in texts)

    patch.setattr(sampling, "draw", draw)
    return asked
