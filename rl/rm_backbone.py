"""A reward model's backbone: any vision-language folder that the project loads, or any text-only causal language model.

    read_backbone(folder)  ->  Reader: prompt text -> ProcessedPrompt, answer text -> tokens and back
    load_backbone(folder)  ->  the transformers model, with packed attention where it takes it

Both kinds then go through the same packing and scoring. A reward model reads text; a vision-language backbone is
shown no picture, since the reference says what is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multimodal.messages import Part, user
from multimodal.policy import PROCESSOR_FILES, is_text_only, load_for_training, write_policy
from multimodal.processing import NO_IMAGE_TOKEN, ProcessedPrompt, PromptProcessor
from openk15.errors import UserError
from openk15.seeds import digest

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Reader:
    """Tokens of prompts and answers for one backbone folder; all that packing and the warm-up's loss ask of a processor."""

    def __init__(self, tokenizer: Any, folder: Path, processor: PromptProcessor | None):
        self.tokenizer = tokenizer
        self.folder = folder
        self.processor = processor  # None for a text-only backbone
        self.image_token_id = processor.image_token_id if processor else NO_IMAGE_TOKEN
        if tokenizer.eos_token_id is None:
            raise UserError(f"{folder}: its tokenizer names no eos_token, so an answer would never end")

    @property
    def eos_ids(self) -> tuple[int, ...]:
        return (int(self.tokenizer.eos_token_id),)

    @property
    def specials(self) -> tuple[str, ...]:
        """Texts of the special tokens: judged text must not be able to write them."""
        added = [str(token) for token in self.tokenizer.added_tokens_decoder.values()]
        return tuple(sorted({*map(str, self.tokenizer.all_special_tokens), *added}))

    def prompt(self, text: str) -> ProcessedPrompt:
        """`text` as the user's turn, up to where the model answers."""
        if self.processor is not None:
            return self.processor.prompt([user(Part(text=text))], {})
        if self.tokenizer.chat_template:
            conversation = [{"role": "user", "content": text}]
            text = self.tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
        else:
            text += "\n"
        ids = tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        return ProcessedPrompt(ids, ids, digest=digest(list(ids)))

    def answer(self, text: str) -> tuple[int, ...]:
        """Tokens of an answer with its end of turn."""
        return (*self.tokenizer(text, add_special_tokens=False)["input_ids"], *self.eos_ids)

    def decode(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(list(ids), skip_special_tokens=True)


def takes_pictures(folder: Path) -> bool:
    """Whether the folder's model has a vision tower; UserError when it is no model folder."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such backbone folder")
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder}: no config.json; expected a Hugging Face model folder")
    return not is_text_only(folder)


def read_backbone(folder: Path) -> Reader:
    """UserError when the folder has no tokenizer, or no processor where its model takes pictures."""
    if takes_pictures(folder):
        processor = PromptProcessor.load(folder)
        return Reader(processor.tokenizer, folder, processor)
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{folder}: the tokenizer does not load: {' '.join(str(error).split())[:300]}") from None
    return Reader(tokenizer, folder, None)


def load_backbone(folder: Path, dtype: str = "float32") -> PreTrainedModel:
    """The model in evaluation mode (no dropout), its attention packed; UserError naming what is missing or wrong."""
    if takes_pictures(folder):
        return load_for_training(folder, dtype)
    import torch
    from transformers import AutoModelForCausalLM

    from multimodal.attention import PACKED

    try:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype), attn_implementation=PACKED, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{folder}: the model does not load: {' '.join(str(error).split())[:300]}") from None
    return model.eval()


def write_backbone(model: PreTrainedModel, reader: Reader, out: Path) -> None:
    """The model with its tokenizer or processor, into an existing folder that the caller publishes."""
    write_policy(model, reader.folder, out)
    if not any((out / name).is_file() for name in PROCESSOR_FILES):
        reader.tokenizer.save_pretrained(out)


def freeze_lower(model: Any, layers: int) -> int:
    """Leave embeddings, vision tower and the first `layers` layers as they are; returns how many parameters still learn.

    Gradients stop at the lowest layer that learns, so a frozen layer costs its forward pass only.
    """
    if not layers:
        return sum(parameter.numel() for parameter in model.parameters())
    base = getattr(model.model, "language_model", model.model)
    if layers > len(base.layers):
        raise UserError(f"freeze_layers={layers}, but the backbone has {len(base.layers)} layers")
    model.requires_grad_(False)
    for layer in base.layers[layers:]:
        layer.requires_grad_(True)
    base.norm.requires_grad_(True)
    if not model.config.get_text_config().tie_word_embeddings:
        model.lm_head.requires_grad_(True)
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
