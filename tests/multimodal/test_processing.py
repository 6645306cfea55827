"""Messages to prompts; and the same path, from messages to a gradient step, for each family of policies."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from multimodal.engines import EngineConfig, EngineKind
from multimodal.engines.torch_engine import TorchEngine
from multimodal.images import image_digest
from multimodal.messages import Part, user
from multimodal.packing import Example, pack_row, plan_rows
from multimodal.policy import load_for_training, load_policy
from multimodal.processing import ProcessedPrompt, PromptProcessor, load_decoder
from multimodal.scoring import token_logprobs
from multimodal.tokenizer import train_tokenizer
from openk15.errors import GuardError, UserError
from rl.sft import batch_loss, response_ids

TEXTS = ["user\n", "assistant\n", "Count the dots: 3. The sum of 12 and 7 is 19."] * 3


# What a prompt is


def test_placeholders_are_as_many_as_features_and_pictures_keep_their_order(processor, ask, make_picture):
    small, wide = make_picture(1), make_picture(2, 112, 56)
    prompt = ask(processor, "Compare", small, wide)
    assert prompt.images == (small, wide)
    assert prompt.grid is not None
    assert prompt.grid.tolist() == [[1, 4, 4], [1, 4, 8]]
    assert prompt.ids.count(processor.image_token_id) == 4 + 8
    assert prompt.raw_ids.count(processor.image_token_id) == 2
    assert prompt.pixels is not None
    assert (prompt.pixels.dtype, prompt.pixels.shape) == (np.float32, (16 + 32, 3 * 2 * 14 * 14))


def test_prompts_made_together_are_those_made_alone(processor, make_picture):
    pictures = [make_picture(1), make_picture(2, 112, 56), make_picture(3, 600, 700)]
    images = {image_digest(data): data for data in pictures}
    first, second, third = images
    conversations = [
        (user(Part(text="Compare"), Part(image=first), Part(image=second)),),
        (user(Part(text="No picture here")),),
        (user(Part(image=third), Part(text="And a large one?")),),
    ]
    together = processor.prompts(conversations, images)
    for prompt, messages in zip(together, conversations, strict=True):
        alone = processor.prompt(messages, images)
        assert (prompt.ids, prompt.raw_ids, prompt.images, prompt.digest) == (alone.ids, alone.raw_ids, alone.images, alone.digest)
        if alone.pixels is None:
            assert prompt.pixels is None
            assert prompt.grid is None
        else:
            assert np.array_equal(prompt.pixels, alone.pixels)
            assert np.array_equal(prompt.grid, alone.grid)
            assert prompt.pixels.base is None
    assert [prompt.ids for prompt in processor.prompts(conversations[1:2], {})] == [together[1].ids]
    assert processor.prompts([], images) == []


def test_the_decoder_alone_decodes_as_the_processor_does(processor):
    ids = [*processor.tokenizer("Sum: 12 + 7 = 19 é\n", add_special_tokens=False)["input_ids"], *processor.eos_ids]
    assert load_decoder(processor.folder)(ids) == processor.decode(ids) == "Sum: 12 + 7 = 19 é\n"


def test_a_prompt_without_pictures_has_no_pixels(processor, ask):
    prompt = ask(processor, "What is the sum of 12 and 7?")
    assert prompt.pixels is None
    assert prompt.grid is None
    assert prompt.ids == prompt.raw_ids
    assert processor.decode(prompt.ids) == "user\nWhat is the sum of 12 and 7?assistant\n"


def test_a_picture_too_large_is_scaled_down(processor, ask, make_picture):
    prompt = ask(processor, "Count", make_picture(1, 560, 560))
    assert prompt.ids.count(processor.image_token_id) <= 16


def test_the_digest_tells_prompts_apart_by_text_and_by_picture(processor, ask, make_picture):
    one = ask(processor, "Count", make_picture(1))
    others = [ask(processor, "Count", make_picture(2)), ask(processor, "Compare", make_picture(1)), ask(processor, "Count")]
    assert one.digest == ask(processor, "Count", make_picture(1)).digest
    assert len({one.digest, *(other.digest for other in others)}) == 4


@pytest.mark.parametrize("pictures", [0, 1])
def test_text_that_holds_a_placeholder_trips_the_guard(processor, ask, make_picture, pictures):
    with pytest.raises(GuardError, match=rf"{pictures + 2} image placeholders for {pictures} pictures.*<\|image_pad\|>"):
        ask(processor, "Count <|image_pad|><|image_pad|>", *[make_picture(1)] * pictures)


def test_placeholders_that_disagree_with_the_features_trip_the_guard(processor, ask, make_picture):
    prompt = ask(processor, "Count", make_picture(1))
    for ids, pixels, grid, message in (
        ((*prompt.ids, processor.image_token_id), prompt.pixels, prompt.grid, "5 image placeholders .* 4 features"),
        (prompt.ids, prompt.pixels[:-1], prompt.grid, "15 pixel patches .* 16"),
        (prompt.ids, np.concatenate([prompt.pixels] * 2), prompt.grid * (1, 1, 2), "4 image placeholders .* 8 features"),
    ):
        with pytest.raises(GuardError, match=message):
            processor._check_placeholders(ids, pixels, grid)


def test_a_picture_that_no_dataset_has_is_named(processor):
    with pytest.raises(UserError, match="image feedbeef is named by a message but is not in the dataset"):
        processor.prompt((user(Part(image="feedbeef"), Part("Count")),), {})


def test_a_picture_that_is_none_is_one_line(processor):
    data = b"not a picture at all"
    with pytest.raises(UserError, match="not a picture") as caught:
        processor.prompt((user(Part(image=image_digest(data)), Part("Count")),), {image_digest(data): data})
    assert "\n" not in str(caught.value)


def test_every_mark_of_the_vocabulary_is_forbidden(processor):
    names = processor.tokenizer.convert_ids_to_tokens(list(processor.forbidden_ids))
    assert set(names) == {"<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"}
    assert not set(processor.eos_ids) & set(processor.forbidden_ids)


@pytest.mark.parametrize(("name", "message"), [("", "no processor_config.json"), ("nowhere", "no such policy folder")])
def test_a_folder_without_a_processor_is_one_line(tmp_path, name, message):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match=message):
        PromptProcessor.load(tmp_path / name)


def test_a_broken_processor_is_one_line(tmp_path):
    (tmp_path / "processor_config.json").write_text('{"processor_class": "Qwen2_5_VLProcessor"}')
    with pytest.raises(UserError, match="the processor does not load") as caught:
        PromptProcessor.load(tmp_path)
    assert "\n" not in str(caught.value)


# The same path for every family


def build_qwen3(folder: Path) -> None:
    from transformers import Qwen2VLImageProcessor, Qwen2VLVideoProcessor, Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLProcessor

    tokenizer: Any = train_tokenizer(TEXTS, 300)
    mark = tokenizer.convert_tokens_to_ids
    text: dict[str, Any] = {
        "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32,
        "intermediate_size": 96, "vocab_size": len(tokenizer), "max_position_embeddings": 512,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [6, 5, 5], "mrope_interleaved": True},
    }  # fmt: skip
    vision: dict[str, Any] = {
        "depth": 2, "hidden_size": 64, "num_heads": 2, "intermediate_size": 96, "out_hidden_size": 64, "patch_size": 16,
        "spatial_merge_size": 2, "temporal_patch_size": 2, "num_position_embeddings": 64, "deepstack_visual_indexes": [0],
    }  # fmt: skip
    config = Qwen3VLConfig(
        text_config=text, vision_config=vision, image_token_id=mark("<|image_pad|>"), video_token_id=mark("<|video_pad|>"),
        vision_start_token_id=mark("<|vision_start|>"), vision_end_token_id=mark("<|vision_end|>"), tie_word_embeddings=False,
    )  # fmt: skip
    torch.manual_seed(0)
    Qwen3VLForConditionalGeneration(config).save_pretrained(folder)
    shape = {"patch_size": 16, "merge_size": 2, "size": {"shortest_edge": 32 * 32, "longest_edge": 32 * 32 * 16}}
    Qwen3VLProcessor(
        image_processor=Qwen2VLImageProcessor(**shape), tokenizer=tokenizer, video_processor=Qwen2VLVideoProcessor(**shape),
        chat_template=tokenizer.chat_template,
    ).save_pretrained(folder)  # fmt: skip


def build_idefics3(folder: Path, splitting: bool = True) -> None:
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3ImageProcessor, Idefics3Processor

    tokenizer: Any = train_tokenizer(TEXTS, 300)
    tiles = [f"<row_{row}_col_{column}>" for row in range(1, 4) for column in range(1, 4)]
    marks = ["<fake_token_around_image>", "<image>", "<global-img>", "<end_of_utterance>", *tiles]
    tokenizer.add_special_tokens({"additional_special_tokens": marks})
    template = tokenizer.chat_template.replace("<|vision_start|><|image_pad|><|vision_end|>", "<image>")
    config = Idefics3Config(
        text_config={
            "model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2,
            "intermediate_size": 96, "vocab_size": len(tokenizer), "max_position_embeddings": 512, "pad_token_id": 0,
        },
        vision_config={
            "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 96, "image_size": 64, "patch_size": 8,
        },
        scale_factor=2, image_token_id=tokenizer.convert_tokens_to_ids("<image>"), pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    torch.manual_seed(0)
    Idefics3ForConditionalGeneration(config).save_pretrained(folder)
    pictures = Idefics3ImageProcessor(size={"longest_edge": 128}, max_image_size={"longest_edge": 64}, do_image_splitting=splitting)
    processor = Idefics3Processor(pictures, tokenizer, image_seq_len=16, chat_template=template)
    processor.save_pretrained(folder)


FAMILIES = {"qwen3-vl": build_qwen3, "idefics3": build_idefics3}


@dataclasses.dataclass(frozen=True)
class Family:
    name: str
    folder: Path
    processor: PromptProcessor
    prompts: list[ProcessedPrompt]
    examples: list[Example]


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, tmp_path_factory, ask, make_picture) -> Family:
    folder = tmp_path_factory.mktemp(request.param) / "policy"
    FAMILIES[request.param](folder)
    processor = PromptProcessor.load(folder)
    one, other = make_picture(1, 120, 90), make_picture(2, 60, 60)
    prompts = [ask(processor, "Count the dots", one), ask(processor, "The sum of 12 and 7"), ask(processor, "Compare", other, one)]
    answers = ["3", "12 + 7 = 19", "the dots"]
    examples = [Example(prompt, response_ids(processor, text)) for prompt, text in zip(prompts, answers, strict=True)]
    return Family(request.param, folder, processor, prompts, examples)


def test_every_family_has_placeholders_for_its_features(family):
    counts = [prompt.ids.count(family.processor.image_token_id) for prompt in family.prompts]
    if family.name == "idefics3":
        tiles = [0 if prompt.pixels is None else prompt.pixels.shape[1] for prompt in family.prompts]
        assert counts == [16 * count for count in tiles]
        assert tiles[0] == 5
        assert tiles[2] == 10
    else:
        assert counts == [0 if prompt.grid is None else prompt.grid.prod(axis=1).sum() // 4 for prompt in family.prompts]
    assert counts[1] == 0
    assert min(counts[0], counts[2]) > 0


def test_every_family_makes_the_same_prompts_together(family, make_picture):
    images = {image_digest(data): data for data in (make_picture(1, 120, 90), make_picture(2, 60, 60))}
    conversations = [[user(Part(image=name), Part(text=f"What is {n}?"))] for n, name in enumerate(images)]
    for prompt, messages in zip(family.processor.prompts(conversations, images), conversations, strict=True):
        alone = family.processor.prompt(messages, images)
        assert prompt.digest == alone.digest
        assert np.array_equal(prompt.pixels, alone.pixels)


def test_every_family_trips_the_placeholder_guard(family):
    prompt = family.prompts[0]
    with pytest.raises(GuardError, match="image placeholders"):
        family.processor._check_placeholders((*prompt.ids, family.processor.image_token_id), prompt.pixels, prompt.grid)


def test_every_family_forbids_its_marks(family):
    mark = "<fake_token_around_image>" if family.name == "idefics3" else "<|vision_start|>"
    forbidden = set(family.processor.forbidden_ids)
    assert family.processor.tokenizer.convert_tokens_to_ids(mark) in forbidden
    assert not forbidden & {token for example in family.examples for token in example.response}
    # Every special token of a pictured prompt, but for the marks of turns, belongs to the picture.
    special = set(family.processor.tokenizer.get_added_vocab().values()) & set(family.prompts[0].ids)
    turns = set(family.processor.tokenizer.convert_tokens_to_ids(["<|im_start|>", "<|im_end|>"]))
    assert special > turns
    assert special - turns <= forbidden


def test_every_family_scores_as_its_own_forward_does(family):
    """The family's model, called as its documentation says, without any of our layout."""
    model: Any = load_policy(family.folder)
    for example in family.examples:
        ids = torch.tensor([(*example.prompt.ids, *example.response)])
        inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if example.prompt.pixels is not None:
            inputs["pixel_values"] = torch.from_numpy(example.prompt.pixels)
        if example.prompt.grid is not None:
            inputs["image_grid_thw"] = torch.from_numpy(example.prompt.grid)
            inputs["mm_token_type_ids"] = (ids == family.processor.image_token_id).int()
        with torch.no_grad():
            logits = model(**inputs).logits[0, len(example.prompt.ids) - 1 : -1].log_softmax(-1)
            batch = pack_row(model, [example], [0], family.processor.image_token_id)
            got = token_logprobs(model, batch)
        torch.testing.assert_close(got, logits.gather(1, torch.tensor(example.response)[:, None])[:, 0], atol=1e-5, rtol=0)


def test_every_family_scores_packed_as_alone(family):
    model: Any = load_for_training(family.folder)
    order = [2, 0, 1]
    with torch.no_grad():
        packed = pack_row(model, family.examples, order, family.processor.image_token_id)
        together = token_logprobs(model, packed)
        for index in order:
            alone = token_logprobs(model, pack_row(model, family.examples, [index], family.processor.image_token_id))
            torch.testing.assert_close(together[packed.owners_N == index], alone, atol=1e-5, rtol=0)


def test_every_family_learns_from_a_gradient_step(family):
    model: Any = load_for_training(family.folder)
    row_tokens = max(map(len, family.examples)) + 40
    assert len(plan_rows(list(map(len, family.examples)), row_tokens)) > 1
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss, tokens = batch_loss(model, family.processor, family.examples, row_tokens)
        assert tokens == sum(len(example.response) for example in family.examples)
        losses.append(loss)
        optimizer.step()
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 0.01
    touched = [name for name, parameter in model.named_parameters() if parameter.grad is not None and parameter.grad.abs().max() > 0]
    assert any("vision" in name or "visual" in name for name in touched)
    assert any("lm_head" in name for name in touched)


def test_every_family_generates_and_agrees_with_its_scores(family):
    engine = TorchEngine(EngineConfig(kind=EngineKind.TORCH, max_model_len=512, repeat=None), family.folder)

    async def generate():
        return await asyncio.gather(*(engine.extend(prompt, (60, 61), 12, 4) for prompt in family.prompts))

    segments = asyncio.run(generate())
    model: Any = load_policy(family.folder)
    examples = [Example(prompt, (60, 61, *segment.token_ids)) for prompt, segment in zip(family.prompts, segments, strict=True)]
    for index, segment in enumerate(segments):
        batch = pack_row(model, examples, [index], family.processor.image_token_id)
        with torch.no_grad():
            expected = token_logprobs(model, batch, forbidden=family.processor.forbidden_ids)[2:].tolist()
        assert segment.logprobs == pytest.approx(expected, abs=1e-4)


def test_idefics_without_splitting_sees_one_tile(tmp_path, ask, make_picture):
    build_idefics3(tmp_path / "policy", splitting=False)
    processor = PromptProcessor.load(tmp_path / "policy")
    prompt = ask(processor, "Count", make_picture(1, 120, 60))
    assert prompt.pixels is not None
    assert prompt.pixels.shape == (1, 1, 3, 64, 64)
    assert prompt.ids.count(processor.image_token_id) == 16
