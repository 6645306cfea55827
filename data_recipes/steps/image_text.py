"""Image-text correlation (K77): cosine of picture and text by a CLIP model, through open_clip, with weights given by the user.

No weights come with this project and none are downloaded. LAION keeps English pairs from 0.28 on (ViT-B/32, Schuhmann
et al. 2022); thresholds belong to a model. Of a row's text the first tokens count (77 with CLIP).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from data_recipes.row import Row, Shard
from data_recipes.steps.base import Measures, RowStep
from multimodal.images import decode_image
from multimodal.messages import Role
from openk15.errors import UserError

BATCH = 16  # pictures or texts at a time


def asked_text(row: Row) -> str:
    """What the user's side says, pictures left out."""
    return " ".join(message.text for message in row.problem.messages if message.role is Role.USER).strip()


class ImageText(RowStep):
    use: ClassVar[str] = "image_text"
    measured: ClassVar[Mapping[str, str]] = {
        "cosine": "of text and picture, the mean over a row's pictures; null without either. Evidence: each picture's",
        "fits": "the cosine reaches the threshold",
    }

    weights: Path | None = Field(default=None, description="file of open_clip weights (.pt, .bin, .safetensors) for `model`; required")
    model: str = Field(default="ViT-B-32", description="name of an open_clip architecture")
    config: Path | None = Field(default=None, description="JSON of an architecture that open_clip does not know; its name is the file's")
    threshold: float = Field(default=0.28, ge=-1.0, le=1.0, description="LAION, English, ViT-B/32")

    def inputs(self) -> Sequence[Path]:
        return [path for path in (self.weights, self.config) if path is not None]

    def check(self) -> None:
        """UserError when no weights are given, a file is missing, or the architecture is unknown."""
        if self.weights is None:
            raise UserError(
                f"step image_text: key 'weights' is required: a file of open_clip weights for {self.model} "
                "(for example open_clip_model.safetensors); none are shipped and none are downloaded"
            )
        super().check()
        _registered(self.model, self.config)

    def measure(self, shard: Shard) -> list[Measures]:
        self.check()
        pairs = [(row, asked_text(row)) for row in shard.rows]
        wanted = [(row, text) for row, text in pairs if text and row.problem.images]
        names = list(dict.fromkeys(name for row, _ in wanted for name in row.problem.images))
        where = {name: f"row {row.key}, picture {name[:12]}" for row, _ in reversed(wanted) for name in row.problem.images}
        texts = list(dict.fromkeys(text for _, text in wanted))
        assert self.weights is not None
        seen, said = _vectors(str(self.weights), self.model, self.config, [(shard.images[name], where[name]) for name in names], texts)
        image_at, text_at = {name: at for at, name in enumerate(names)}, {text: at for at, text in enumerate(texts)}
        found: list[Measures] = []
        for row, text in pairs:
            if not text or not row.problem.images:
                found.append({"cosine": {"value": None}, "fits": {"value": None}})
                continue
            cosines = [round(float(seen[image_at[name]] @ said[text_at[text]]), 4) for name in row.problem.images]
            mean = round(sum(cosines) / len(cosines), 4)
            each = dict(zip(row.problem.images, cosines, strict=True))
            found.append(
                {
                    "cosine": {"value": mean, "threshold": self.threshold, "pictures": each, "model": self.model},
                    "fits": {"value": mean >= self.threshold, "threshold": self.threshold},
                }
            )
        return found


def _registered(model: str, config: Path | None) -> None:
    import open_clip

    if config is not None:
        if config.stem != model:
            raise UserError(f"step image_text: model {model!r} is not the name of its config {config}; call the file {model}.json")
        open_clip.add_model_config(config)
    if open_clip.get_model_config(model) is None:
        raise UserError(f"step image_text: open_clip knows no model {model!r}; it knows, for example, ViT-B-32, ViT-B-16 and ViT-L-14")


@lru_cache(maxsize=1)
def _loaded(weights: str, model: str, config: Path | None) -> tuple[Any, Any, Any]:
    """(model, preprocessing, tokenizer); UserError naming the file when it does not hold this model's weights."""
    import open_clip

    _registered(model, config)
    try:
        made, _, preprocess = open_clip.create_model_and_transforms(model, pretrained=weights, device="cpu")
        tokenizer = open_clip.get_tokenizer(model)
    except Exception as error:  # the library raises whatever its readers raise
        why = " ".join(str(error).split())[:200]
        raise UserError(f"step image_text: {weights} does not hold weights of {model} ({type(error).__name__}: {why})") from None
    return made.eval(), preprocess, tokenizer


def _vectors(
    weights: str, model: str, config: Path | None, pictures: Sequence[tuple[bytes, str]], texts: Sequence[str]
) -> tuple[list[Any], list[Any]]:
    """Unit vectors of pictures and texts, on one thread so that sums never depend on their number."""
    import torch

    made, preprocess, tokenizer = _loaded(weights, model, config)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            seen: list[Any] = []
            for start in range(0, len(pictures), BATCH):
                batch = torch.stack([preprocess(decode_image(data, where)) for data, where in pictures[start : start + BATCH]])
                seen += list(made.encode_image(batch, normalize=True).double().numpy())
            said: list[Any] = []
            for start in range(0, len(texts), BATCH):
                said += list(made.encode_text(tokenizer(list(texts[start : start + BATCH])), normalize=True).double().numpy())
    finally:
        torch.set_num_threads(threads)
    return seen, said
