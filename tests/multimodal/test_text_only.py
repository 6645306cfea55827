"""A text-only language model behind the same processor and engines as a vision-language one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from multimodal.engines import Engine, EngineConfig, EngineKind, open_engine
from multimodal.messages import Message, Part, Role, user
from multimodal.packing import Example, pack_row
from multimodal.policy import is_text_only, load_policy
from multimodal.processing import PromptProcessor
from multimodal.scoring import token_logprobs
from multimodal.segment import StopReason
from multimodal.weights import MemoryWeights
from openk15.errors import UserError

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'].upper() }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TALK = (Message(Role.SYSTEM, (Part(text="be short"),)), user(Part(text="12 and "), Part(text="7 ?")))


@pytest.fixture(scope="module")
def folder(policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama, head tied and heads grouped as SmolLM2's, that writes chats in its own way: contents are text and in capitals."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = PromptProcessor.load(policy).tokenizer
    tokenizer.chat_template = TEMPLATE
    shape = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=96, intermediate_size=64, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1,
        max_position_embeddings=256, eos_token_id=tokenizer.eos_token_id, tie_word_embeddings=True,
    )  # fmt: skip
    out = tmp_path_factory.mktemp("lm") / "tiny"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(shape)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if name.endswith(("proj.weight", "embed_tokens.weight")):
                    parameter.mul_(8)  # sharp attention: a wrong position shows
        model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


@pytest.fixture(scope="module")
def text_processor(folder: Path) -> PromptProcessor:
    return PromptProcessor.load(folder)


def test_the_models_own_chat_template_is_given_plain_text(text_processor):
    prompt = text_processor.prompt(TALK, {})
    assert text_processor.decode(prompt.ids) == "system\nBE SHORT\nuser\n12 AND 7 ?\nassistant\n"
    assert (prompt.pixels, prompt.grid, prompt.images) == (None, None, ())
    assert prompt.ids == prompt.raw_ids
    assert not text_processor.takes_pictures


def test_a_model_without_a_chat_template_reads_the_texts(folder):
    processor = PromptProcessor.load(folder)
    processor.tokenizer.chat_template = None
    assert processor.decode(processor.prompt(TALK, {}).ids) == "be short\n12 and 7 ?\n"


def test_a_picture_is_refused_and_the_model_named(text_processor, folder):
    with pytest.raises(UserError, match=f"{folder}: a text-only model takes no pictures, but a message names image abc"):
        text_processor.prompt((user(Part(image="abc"), Part(text="What is it?")),), {"abc": b""})


def test_folders_are_told_apart_by_their_config(folder, policy, tmp_path):
    assert is_text_only(folder)
    assert not is_text_only(policy)
    assert not is_text_only(tmp_path)
    assert PromptProcessor.load(policy).takes_pictures


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        (None, r"no tokenizer\.json; save the model's tokenizer beside it"),
        ("{broken", "the tokenizer does not load"),
        ("no eos", "names no eos_token"),
    ],
)
def test_a_text_only_folder_without_its_tokenizer_is_one_line(folder, tmp_path, tokenizer, message):
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    if tokenizer == "no eos":
        (tmp_path / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
        settings = json.loads((folder / "tokenizer_config.json").read_text())
        (tmp_path / "tokenizer_config.json").write_text(json.dumps({**settings, "eos_token": None}))
    elif tokenizer:
        (tmp_path / "tokenizer.json").write_text(tokenizer)
    with pytest.raises(UserError, match=message) as caught:
        PromptProcessor.load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.fixture(
    scope="module", params=[pytest.param(EngineKind.TORCH, id="torch"), pytest.param(EngineKind.VLLM, id="vllm", marks=pytest.mark.vllm)]
)
def engine(request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    if request.param is EngineKind.VLLM:
        pytest.importorskip("vllm", reason="vLLM cannot be imported", exc_type=ImportError)
    engine = open_engine(EngineConfig(kind=request.param, max_model_len=96, max_num_seqs=16, repeat=None), folder)
    yield engine
    asyncio.run(engine.close())


def extend(engine: Engine, *calls: Any) -> Any:
    async def together() -> Any:
        return await asyncio.gather(*(engine.extend(*call) for call in calls))

    return asyncio.run(together())


def calls(processor: PromptProcessor) -> list[Any]:
    prompts = [processor.prompt((user(Part(text=text)),), {}) for text in ("12 and 7?", "Count the dots, please", "one")]
    return [(prompts[at % 3], tuple(range(40, 40 + at % 2 * 5)), 6 + at, at) for at in range(9)]


def test_segments_are_the_same_alone_and_in_company_and_score_as_transformers_says(engine, folder, text_processor):
    asked = calls(text_processor)
    together = extend(engine, *asked)
    assert [extend(engine, call)[0] for call in asked[::4]] == together[::4]
    model = load_policy(folder)
    for (prompt, prefix, budget, _), segment in zip(asked, together, strict=True):
        assert segment.stop is StopReason.EOS or len(segment) == budget
        batch = pack_row(model, [Example(prompt, (*prefix, *segment.token_ids))], [0], text_processor.image_token_id)
        with torch.no_grad():
            scored = token_logprobs(model, batch, forbidden=text_processor.forbidden_ids)[len(prefix) :]
        assert segment.logprobs == pytest.approx(scored.tolist(), abs=1e-4)


def test_new_weights_are_the_ones_that_sample(engine, folder, text_processor):
    (prompt, *_), *_ = asked = calls(text_processor)[:1]
    before = extend(engine, *asked)
    model = load_policy(folder)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    asyncio.run(engine.load(1, MemoryWeights.of(model.state_dict())))
    (after,) = extend(engine, *asked)
    assert after.version == 1
    assert after.logprobs != before[0].logprobs
    batch = pack_row(model, [Example(prompt, after.token_ids)], [0], text_processor.image_token_id)
    with torch.no_grad():
        scored = token_logprobs(model, batch, forbidden=text_processor.forbidden_ids)
    assert after.logprobs == pytest.approx(scored.tolist(), abs=1e-4)
