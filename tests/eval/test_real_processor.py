import asyncio

import numpy as np
import pytest

from eval.runner import evaluate
from multimodal.policy import PolicyConfig, build_policy
from multimodal.processing import ProcessedPrompt, PromptProcessor
from multimodal.segment import Segment, StopReason
from rewards import Status


@pytest.fixture(scope="module")
def real_processor(tmp_path_factory) -> PromptProcessor:
    folder = tmp_path_factory.mktemp("policy") / "policy"
    small = PolicyConfig(max_pixels=28 * 28 * 16,
        hidden_size=64, layers=1, heads=2, kv_heads=2, intermediate_size=64,
        vision_hidden_size=64, vision_layers=1, vision_heads=2, vision_intermediate_size=64,
    )  # fmt: skip
    build_policy(small, ["count dots: 9", "<think> one two </think> \\boxed{9}"] * 4, folder, seed=0)
    return PromptProcessor.load(folder)


class Scripted:
    """Answers every prompt with the same tokens, end of turn included, and keeps the prompts."""

    version = 0

    def __init__(self, tokens: tuple[int, ...]):
        self.tokens = tokens
        self.prompts: list[ProcessedPrompt] = []

    async def extend(self, prompt, prefix, budget, seed) -> Segment:
        self.prompts.append(prompt)
        return Segment(self.tokens, (-0.1,) * len(self.tokens), 0, seed, StopReason.EOS)


@pytest.mark.parametrize("blank", [False, True])
def test_blanked_pixels_have_one_colour_and_the_same_shape(real_processor, problem_of, picture, blank):
    name, data = picture
    tokens = (*real_processor.tokenizer("\\boxed{9}", add_special_tokens=False)["input_ids"], *real_processor.eos_ids)
    engine = Scripted(tokens)
    problem = problem_of("count dots", "9", image=name)
    records = asyncio.run(
        evaluate(engine, real_processor, [problem], {name: data}, samples=2, max_tokens=9, seed=0, blank=blank)  # type: ignore[arg-type]
    )
    assert [(r.response, r.tokens, r.verdict.status) for r in records] == [("\\boxed{9}", len(tokens), Status.CORRECT)] * 2
    seen = real_processor.prompt(problem.messages, {name: data})
    prompt = engine.prompts[0]
    assert prompt is engine.prompts[1]
    assert prompt.pixels is not None
    assert seen.pixels is not None
    assert prompt.ids == seen.ids
    assert prompt.pixels.shape == seen.pixels.shape
    # Channels are normalised apart, so one colour is at most three different values.
    assert (len(np.unique(prompt.pixels)) <= 3) == blank
    assert np.array_equal(prompt.pixels, seen.pixels) != blank
