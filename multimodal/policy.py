"""The policy: a Hugging Face folder, vision-language or text-only, built tiny from a config or named by the user.

    build_policy(config, texts, folder, seed)  a Qwen2.5-VL of 1-5 M parameters, tokenizer and processor included
    load_policy(folder)                        any folder that AutoModelForImageTextToText or AutoModelForCausalLM loads
    save_policy(model, processor_folder, out)  an ordinary folder again, written atomically

The built policy does not tie embeddings: vLLM on CPU keeps a tied output head twice, and some ways of loading
weights leave the packed copy stale. head_dim is at least 32, which vLLM's CPU attention needs.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from multimodal.tokenizer import SPECIAL_TOKENS, train_tokenizer
from openk15.config import StrictModel
from openk15.errors import UserError
from openk15.files import atomic_folder, read_json

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PROCESSOR_FILES = (
    "processor_config.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
)


class PolicyConfig(StrictModel):
    """Shape of a policy built from scratch."""

    hidden_size: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4
    intermediate_size: int = 512
    vocab_size: int = 512
    max_position: int = 1024
    vision_hidden_size: int = 128
    vision_layers: int = 2
    vision_heads: int = 4
    vision_intermediate_size: int = 256
    patch_size: int = 14
    merge_size: int = 2
    max_pixels: int = Field(default=28 * 28 * 64, description="larger pictures are scaled down")

    @model_validator(mode="after")
    def _check(self) -> PolicyConfig:
        for what, size, heads in (("", self.hidden_size, self.heads), ("vision_", self.vision_hidden_size, self.vision_heads)):
            if size % heads or size // heads < 32:
                raise ValueError(f"{what}hidden_size {size} / {what}heads {heads} must be a whole number of at least 32 (vLLM on CPU)")
        return self


def _quiet() -> None:
    """transformers' bars for files of a few megabytes are noise in every command's output."""
    from transformers.utils import logging

    logging.disable_progress_bar()


def build_policy(config: PolicyConfig, texts: Iterable[str], folder: Path, seed: int) -> int:
    """Train the tokenizer on `texts`, initialise the model from `seed`, save all to `folder`; returns the parameter count."""
    import torch
    from transformers import (
        AutoModelForImageTextToText,
        Qwen2_5_VLConfig,
        Qwen2_5_VLProcessor,
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
    )

    _quiet()
    tokenizer = train_tokenizer(texts, config.vocab_size)
    vocabulary = tokenizer.get_vocab()
    ids = {token: vocabulary[token] for token in SPECIAL_TOKENS}

    half = config.hidden_size // config.heads // 2
    temporal = half // 4
    sections = [temporal, (half - temporal) // 2, half - temporal - (half - temporal) // 2]
    rope = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": sections}
    model_config = Qwen2_5_VLConfig(
        text_config={
            "hidden_size": config.hidden_size,
            "num_hidden_layers": config.layers,
            "num_attention_heads": config.heads,
            "num_key_value_heads": config.kv_heads,
            "intermediate_size": config.intermediate_size,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": config.max_position,
            "rope_parameters": rope,
            "tie_word_embeddings": False,
            "bos_token_id": None,
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
        },
        vision_config={
            "depth": config.vision_layers,
            "hidden_size": config.vision_hidden_size,
            "num_heads": config.vision_heads,
            "intermediate_size": config.vision_intermediate_size,
            "out_hidden_size": config.hidden_size,
            "patch_size": config.patch_size,
            "spatial_merge_size": config.merge_size,
            "temporal_patch_size": 2,
            "window_size": config.patch_size * config.merge_size * 4,
            "fullatt_block_indexes": [config.vision_layers - 1],
            "tokens_per_second": 2,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=False,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: Any = AutoModelForImageTextToText.from_config(model_config, dtype=torch.float32)
    pixels = {"min_pixels": (config.patch_size * config.merge_size) ** 2, "max_pixels": config.max_pixels}
    size = {"shortest_edge": pixels["min_pixels"], "longest_edge": pixels["max_pixels"]}
    shape = {"patch_size": config.patch_size, "merge_size": config.merge_size, "temporal_patch_size": 2, "size": size}
    processor = Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(**shape),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(**shape),
        chat_template=tokenizer.chat_template,
    )
    with atomic_folder(folder) as out:
        model.generation_config.eos_token_id = ids["<|im_end|>"]
        model.generation_config.pad_token_id = ids["<|endoftext|>"]
        model.save_pretrained(out)
        processor.save_pretrained(out)
    return sum(parameter.numel() for parameter in model.parameters())


def is_text_only(folder: Path) -> bool:
    """Whether config.json describes a language model without a vision tower; False where there is none to read."""
    if not (folder / "config.json").is_file():
        return False
    config = read_json(folder / "config.json")
    return isinstance(config, dict) and "model_type" in config and "vision_config" not in config


def load_policy(folder: Path, dtype: str = "float32") -> PreTrainedModel:
    """The model of `folder`, in evaluation mode (no dropout); UserError naming what is missing or wrong."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    _quiet()
    if not folder.is_dir():
        raise UserError(f"{folder}: no such policy folder; expected one that `rl sft` or save_pretrained wrote")
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder}: no config.json; expected a Hugging Face model folder")
    kind: Any = AutoModelForCausalLM if is_text_only(folder) else AutoModelForImageTextToText
    try:
        model = kind.from_pretrained(folder, dtype=getattr(torch, dtype), attn_implementation="sdpa", local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{folder}: the model does not load: {' '.join(str(error).split())[:300]}") from None
    return model.eval()


def load_for_training(folder: Path, dtype: str = "float32") -> PreTrainedModel:
    """As `load_policy`, with packed attention where the model takes it."""
    from multimodal.attention import use_packed_attention

    model = load_policy(folder, dtype)
    use_packed_attention(model)
    return model


def save_policy(model: PreTrainedModel, processor_folder: Path, out: Path) -> None:
    """Write the model with the processor files of `processor_folder`; the folder appears whole or not at all."""
    with atomic_folder(out) as temporary:
        write_policy(model, processor_folder, temporary)


def write_policy(model: PreTrainedModel, processor_folder: Path, out: Path) -> None:
    """As `save_policy`, into an existing folder that the caller publishes."""
    model.save_pretrained(out)
    for name in PROCESSOR_FILES:
        if (processor_folder / name).is_file():
            shutil.copy2(processor_folder / name, out / name)
