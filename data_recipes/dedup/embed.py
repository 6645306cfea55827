"""Embeddings by a model in a Hugging Face folder that the user names: texts by mean pooling, pictures by the model's image features.

Vectors have length 1 (float32), computed on one thread and in the order given, so that the same rows have the same vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from openk15.errors import UserError

BATCH = 32
MOST_TOKENS = 256  # of a text; what comes after is not looked at


def model_files(folder: Path | None) -> list[Path]:
    """The files that decide what a model computes; none without a folder, the folder itself when it is none."""
    if folder is None:
        return []
    if not folder.is_dir():
        return [folder]
    return sorted(
        path for path in folder.iterdir() if path.is_file() and path.suffix in (".json", ".safetensors", ".bin", ".txt", ".model")
    )


def check_folder(step: str, folder: Path | None) -> None:
    if folder is None:
        return
    if not folder.is_dir():
        raise UserError(f"step {step}: model {folder}: no such folder; name one that holds config.json and the weights")
    if not (folder / "config.json").exists():
        raise UserError(f"step {step}: model {folder}: no config.json in it; name a model's folder in Hugging Face format")


def text_vectors(folder: Path, texts: Sequence[str]) -> np.ndarray:
    """(texts, width): mean of the last hidden states over a text's tokens, of length 1."""
    import torch

    tokenizer, model = _text_model(folder)
    longest = min(MOST_TOKENS, int(getattr(model.config, "max_position_embeddings", MOST_TOKENS)))
    order = sorted(range(len(texts)), key=lambda at: (len(texts[at]), at))  # texts of like length share a batch
    out = np.zeros((len(texts), int(model.config.hidden_size)), dtype=np.float32)
    with _one_thread(), torch.inference_mode():
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            batch = tokenizer([texts[at] for at in chosen], padding=True, truncation=True, max_length=longest, return_tensors="pt")
            hidden = model(**batch).last_hidden_state
            weights = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
            pooled = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)
            out[chosen] = torch.nn.functional.normalize(pooled, dim=1).float().numpy()
    return out


def image_vectors(folder: Path, pictures: Sequence[bytes]) -> np.ndarray:
    """(pictures, width): the model's image features (CLIP's, or the pooled output of an image encoder), of length 1."""
    import torch

    processor, model = _image_model(folder)
    from multimodal.images import decode_image

    with _one_thread(), torch.inference_mode():
        rows = []
        for data in pictures:
            inputs = processor(images=decode_image(data), return_tensors="pt")
            found: Any = model.get_image_features(**inputs) if hasattr(model, "get_image_features") else model(**inputs)
            if isinstance(found, torch.Tensor):
                vector = found
            else:
                vector = found.pooler_output if found.pooler_output is not None else found.last_hidden_state.mean(1)
            rows.append(torch.nn.functional.normalize(vector.reshape(1, -1).float(), dim=1).numpy()[0])
    return np.stack(rows) if rows else np.zeros((0, 0), np.float32)


@cache
def _text_model(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer

    return _loaded(folder, AutoTokenizer), _loaded(folder, AutoModel).eval()


@cache
def _image_model(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoImageProcessor, AutoModel

    return _loaded(folder, AutoImageProcessor), _loaded(folder, AutoModel).eval()


def _loaded(folder: Path, kind: Any) -> Any:
    try:
        return kind.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"model {folder}: {kind.__name__} cannot load it: {' '.join(str(error).split())[:200]}") from None


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
