"""A tiny policy, pictured and plain prompts, and helpers that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from multimodal.images import encode_png, image_digest
from multimodal.messages import Part, user
from multimodal.policy import PolicyConfig, build_policy
from multimodal.processing import ProcessedPrompt, PromptProcessor

SMALL = PolicyConfig(
    hidden_size=64, layers=2, heads=2, kv_heads=2, intermediate_size=128, vocab_size=320,
    vision_hidden_size=64, vision_layers=2, vision_heads=2, vision_intermediate_size=64, max_pixels=28 * 28 * 16,
)  # fmt: skip
TEXTS = [
    "user\n",
    "assistant\n",
    "What is the sum of 12 and 7? 12 + 7 = 19. \\boxed{19}",
    "Count the dots: one, two, three. \\boxed{3}",
] * 3


def make_policy(folder: Path, seed: int = 0) -> Path:
    """A built policy whose attention is sharp: fresh weights attend to all alike, and would forgive a wrong position."""
    build_policy(SMALL, TEXTS, folder, seed)
    file = folder / "model.safetensors"
    state = load_file(file)
    for name, tensor in state.items():
        if name.endswith(("q_proj.weight", "k_proj.weight", "v_proj.weight", "o_proj.weight", "embed_tokens.weight")):
            tensor *= 8
    save_file(state, file, metadata={"format": "pt"})
    return folder


def make_picture(seed: int, width: int = 56, height: int = 56) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return encode_png(Image.fromarray(noise))


def ask(processor: PromptProcessor, text: str, *pictures: bytes) -> ProcessedPrompt:
    named = {image_digest(data): data for data in pictures}
    return processor.prompt((user(*(Part(image=name) for name in named), Part(text)),), named)


@pytest.fixture(scope="session")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_policy(tmp_path_factory.mktemp("policy") / "tiny")


@pytest.fixture(scope="session")
def processor(policy: Path) -> PromptProcessor:
    return PromptProcessor.load(policy)


@pytest.fixture(scope="session")
def prompts(processor: PromptProcessor) -> dict[str, ProcessedPrompt]:
    """Pictures of several shapes, two pictures in one prompt, and none."""
    return {
        "plain": ask(processor, "What is the sum of 12 and 7?"),
        "pictured": ask(processor, "Count the dots", make_picture(1)),
        "wide": ask(processor, "Count the dots, please", make_picture(2, 112, 56)),
        "two": ask(processor, "Compare", make_picture(3, 84, 56), make_picture(4)),
    }


@pytest.fixture(scope="session", name="ask")
def _ask() -> Callable[..., ProcessedPrompt]:
    """ask(processor, text, *pictures): one user turn, pictures first."""
    return ask


@pytest.fixture(scope="session", name="make_picture")
def _make_picture() -> Callable[..., bytes]:
    """make_picture(seed, width, height): PNG bytes of noise."""
    return make_picture


@pytest.fixture(scope="session", name="make_policy")
def _make_policy() -> Callable[..., Path]:
    """make_policy(folder, seed): a policy as small as `policy`, from another seed."""
    return make_policy
