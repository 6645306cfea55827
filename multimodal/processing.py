"""Messages -> ProcessedPrompt, once. The engine and the learner are handed the same object.

The chat template is applied here and nowhere else. Placeholders are expanded here, and their count is
checked against the picture features for every prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from multimodal.images import decode_image
from multimodal.messages import Message
from multimodal.policy import is_text_only
from openk15.errors import GuardError, UserError
from openk15.garbage import importing
from openk15.seeds import digest

if TYPE_CHECKING:
    from transformers import ProcessorMixin

NO_IMAGE_TOKEN = -1  # no token has this id
VISION_MARK = re.compile(  # Qwen-VL's, then Idefics3's
    r"<\|vision_(start|end|pad)\|>|<\|(image|video)_pad\|>|<fake_token_around_image>|<image>|<global-img>|<row_\d+_col_\d+>"
)


@dataclass(frozen=True, slots=True)
class ProcessedPrompt:
    """A prompt ready for any engine and for the learner. Arrays are never written to.

    `ids` has image placeholders expanded (one per feature); `raw_ids` has one placeholder per image, which
    is what vLLM wants. `pixels` is float32: (patches, channels * patch area) with `grid` int64 (images, 3) beside
    it for Qwen-VL, (1, tiles, channels, height, width) and no grid for Idefics3.
    """

    ids: tuple[int, ...]
    raw_ids: tuple[int, ...]
    images: tuple[bytes, ...] = ()  # encoded pictures, in reading order
    pixels: np.ndarray | None = None
    grid: np.ndarray | None = None
    digest: str = field(default="")

    def __len__(self) -> int:
        return len(self.ids)


class PromptProcessor:
    """Wraps the processor of one policy folder: Qwen2.5-VL, Qwen3-VL or Idefics3; text-only folders get a `TextProcessor`."""

    def __init__(self, processor: ProcessorMixin, folder: Path):
        self.processor: Any = processor
        self.tokenizer: Any = self.processor.tokenizer
        self.folder = folder
        self.image_token_id = int(self.tokenizer.convert_tokens_to_ids(self._image_token()))

    @classmethod
    def load(cls, folder: Path) -> PromptProcessor:
        """UserError when the folder has no processor (a text-only one: no tokenizer), naming the file that should be there."""
        if not folder.is_dir():
            raise UserError(f"{folder}: no such policy folder; expected one that `rl sft` or save_pretrained wrote")
        if not any((folder / name).is_file() for name in ("processor_config.json", "preprocessor_config.json")):
            if is_text_only(folder):
                return TextProcessor.load(folder)
            raise UserError(f"{folder}: no processor_config.json; save the model's processor beside it (processor.save_pretrained)")
        try:
            with importing("transformers.models.auto.processing_auto"):  # the processor's own modules are imported when it is loaded
                from transformers import AutoProcessor

                processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise UserError(f"{folder}: the processor does not load: {' '.join(str(error).split())[:300]}") from None
        if not hasattr(processor, "image_processor"):
            raise UserError(f"{folder}: {type(processor).__name__} takes no images; a vision-language processor is needed")
        return cls(processor, folder)

    def _image_token(self) -> str:
        token = getattr(self.processor, "image_token", None)
        if token is None:
            raise UserError(f"{self.folder}: {type(self.processor).__name__} names no image_token")
        return str(getattr(token, "content", token))

    @property
    def takes_pictures(self) -> bool:
        return self.image_token_id != NO_IMAGE_TOKEN

    @property
    def eos_ids(self) -> tuple[int, ...]:
        return (int(self.tokenizer.eos_token_id),)

    @property
    def forbidden_ids(self) -> tuple[int, ...]:
        """Tokens that must never be sampled: every placeholder and vision mark the vocabulary has."""
        vocabulary: Mapping[str, int] = self.tokenizer.get_vocab()
        marks = {number for token, number in vocabulary.items() if VISION_MARK.fullmatch(token)}
        return tuple(sorted(marks | {self.image_token_id} - {NO_IMAGE_TOKEN}))

    def render(self, messages: Sequence[Message], *, generation_prompt: bool = True) -> str:
        conversation = [
            {
                "role": str(message.role),
                "content": [{"type": "text", "text": part.text} if part.text is not None else {"type": "image"} for part in message.parts],
            }
            for message in messages
        ]
        return self.processor.apply_chat_template(conversation, tokenize=False, add_generation_prompt=generation_prompt)

    def prompt(self, messages: Sequence[Message], images: Mapping[str, bytes]) -> ProcessedPrompt:
        """Process `messages`, looking pictures up by digest in `images`.

        Raises UserError if a picture is missing or is not a picture, GuardError if placeholders and
        features disagree.
        """
        text = self.render(messages)
        return self.from_text(text, self._look_up(messages, images))

    def prompts(self, conversations: Sequence[Sequence[Message]], images: Mapping[str, bytes]) -> list[ProcessedPrompt]:
        """`prompt` of each conversation; Qwen-VL's processor is called once for all, a quarter of the time."""
        pictures = [self._look_up(messages, images) for messages in conversations]
        if not any(pictures) or not hasattr(self.processor.image_processor, "merge_size"):
            return [self.prompt(messages, images) for messages in conversations]
        texts = [self.render(messages) for messages in conversations]
        raw = [self._raw_ids(text, len(shown)) for text, shown in zip(texts, pictures, strict=True)]
        decoded = [decode_image(data) for shown in pictures for data in shown]
        batch = self.processor(text=texts, images=decoded, add_special_tokens=False)
        pixels, grids = np.asarray(batch["pixel_values"], dtype=np.float32), np.asarray(batch["image_grid_thw"], dtype=np.int64)
        found: list[ProcessedPrompt] = []
        picture = patch = 0
        for ids, raw_ids, shown in zip(batch["input_ids"], raw, pictures, strict=True):
            grid = grids[picture : picture + len(shown)]
            patches = int(grid.prod(axis=1).sum())
            # copies: a slice would keep the whole batch in memory
            found.append(self._checked(tuple(ids), raw_ids, shown, pixels[patch : patch + patches].copy(), grid.copy()))
            picture, patch = picture + len(shown), patch + patches
        return found

    def _look_up(self, messages: Sequence[Message], images: Mapping[str, bytes]) -> tuple[bytes, ...]:
        found: list[bytes] = []
        for message in messages:
            for name in message.images:
                if name not in images:
                    raise UserError(f"image {name} is named by a message but is not in the dataset")
                found.append(images[name])
        return tuple(found)

    def from_text(self, text: str, pictures: tuple[bytes, ...]) -> ProcessedPrompt:
        raw_ids = self._raw_ids(text, len(pictures))
        if not pictures:
            return self._checked(raw_ids, raw_ids, (), None, None)
        decoded = [decode_image(data) for data in pictures]
        batch = self.processor(text=[text], images=decoded, return_tensors="np", add_special_tokens=False)
        ids = tuple(int(token) for token in batch["input_ids"][0])
        pixels = np.asarray(batch["pixel_values"], dtype=np.float32)
        grid = np.asarray(batch["image_grid_thw"], dtype=np.int64) if "image_grid_thw" in batch else None
        return self._checked(ids, raw_ids, pictures, pixels, grid)

    def _raw_ids(self, text: str, pictures: int) -> tuple[int, ...]:
        """Token ids with one placeholder a picture."""
        raw_ids = tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        named = raw_ids.count(self.image_token_id)
        if named != pictures:
            token = self.tokenizer.convert_ids_to_tokens(self.image_token_id)
            raise GuardError(f"prompt has {named} image placeholders for {pictures} pictures; its text must not hold {token!r} itself")
        return raw_ids

    def _checked(
        self,
        ids: tuple[int, ...],
        raw_ids: tuple[int, ...],
        pictures: tuple[bytes, ...],
        pixels: np.ndarray | None,
        grid: np.ndarray | None,
    ) -> ProcessedPrompt:
        if not pictures or pixels is None:
            return ProcessedPrompt(ids, raw_ids, digest=digest(list(ids)))
        self._check_placeholders(ids, pixels, grid)
        return ProcessedPrompt(ids, raw_ids, pictures, pixels, grid, digest(list(ids), [digest(data.hex()) for data in pictures]))

    def _check_placeholders(self, ids: tuple[int, ...], pixels: np.ndarray, grid: np.ndarray | None) -> None:
        placeholders = ids.count(self.image_token_id)
        if grid is None:  # Idefics3: (1, tiles, channels, height, width), as many features for every tile
            features = pixels.shape[1] * int(self.processor.image_seq_len)
        else:
            patches = int(grid.prod(axis=1).sum())
            features = patches // int(getattr(self.processor.image_processor, "merge_size", 1)) ** 2
            if pixels.shape[0] != patches:
                raise GuardError(f"prompt has {pixels.shape[0]} pixel patches but its grid names {patches}")
        if placeholders != features:
            raise GuardError(f"prompt has {placeholders} image placeholders but its pictures give {features} features")

    def decode(self, token_ids: Sequence[int]) -> str:
        """Response text; special tokens (end of turn) are left out."""
        return self.tokenizer.decode(list(token_ids), skip_special_tokens=True)


def load_decoder(folder: Path) -> Callable[[Sequence[int]], str]:
    """For showing responses: `PromptProcessor.decode` without importing transformers where the folder has a tokenizer.json.

    Blanks may differ where a tokenizer's config asks transformers to clean them up afterwards.
    """
    file = folder / "tokenizer.json"
    if not file.is_file():
        return PromptProcessor.load(folder).decode
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    return lambda token_ids: tokenizer.decode(list(token_ids), skip_special_tokens=True)


class TextProcessor(PromptProcessor):
    """The same for a text-only causal language model: its tokenizer and its own chat template, and never a picture."""

    def __init__(self, tokenizer: Any, folder: Path):
        self.processor = None
        self.tokenizer = tokenizer
        self.folder = folder
        self.image_token_id = NO_IMAGE_TOKEN

    @classmethod
    def load(cls, folder: Path) -> TextProcessor:
        """UserError when the folder has no tokenizer, or one that names no end of turn."""
        from transformers import AutoTokenizer

        if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json", "tokenizer.model")):
            raise UserError(f"{folder}: no tokenizer.json; save the model's tokenizer beside it (tokenizer.save_pretrained)")
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise UserError(f"{folder}: the tokenizer does not load: {' '.join(str(error).split())[:300]}") from None
        if tokenizer.eos_token_id is None:
            raise UserError(f"{folder}: its tokenizer names no eos_token, so an answer would never end")
        return cls(tokenizer, folder)

    def render(self, messages: Sequence[Message], *, generation_prompt: bool = True) -> str:
        """By the tokenizer's chat template; a model without one reads the texts, one a line, and goes on after them."""
        if not self.tokenizer.chat_template:
            return "".join(f"{message.text}\n" for message in messages)
        conversation = [{"role": str(message.role), "content": message.text} for message in messages]
        return self.tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=generation_prompt)

    def _look_up(self, messages: Sequence[Message], images: Mapping[str, bytes]) -> tuple[bytes, ...]:
        for message in messages:
            if message.images:
                raise UserError(f"{self.folder}: a text-only model takes no pictures, but a message names image {message.images[0]}")
        return ()
