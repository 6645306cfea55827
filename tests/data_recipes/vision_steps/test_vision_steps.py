"""What the picture steps measure, on rows made here."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data_recipes.problem import Problem
from data_recipes.row import Row, Shard
from data_recipes.steps.base import Measures, make_step
from data_recipes.steps.interleaved import difference, words
from multimodal.images import image_digest
from multimodal.messages import Part, user
from openk15.errors import UserError
from rewards.verdict import Answer


def encoded(width: int, height: int, kind: str = "PNG", mode: str = "RGB", seed: int = 0, frames: int = 1) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (frames, height, width, 3)).astype(np.uint8)
    images = [Image.fromarray(frame).convert(mode) for frame in pixels]
    buffer = io.BytesIO()
    images[0].save(buffer, kind, **({"save_all": True, "append_images": images[1:]} if frames > 1 else {}))
    return buffer.getvalue()


def shard(*rows: tuple[list[str | bytes], dict[str, Any]]) -> Shard:
    """Rows of texts and encoded pictures in order, each with its raw record."""
    images: dict[str, bytes] = {}
    made = []
    for number, (contents, raw) in enumerate(rows):
        parts = []
        for content in contents:
            if isinstance(content, bytes):
                images[image_digest(content)] = content
            parts.append(Part(text=content) if isinstance(content, str) else Part(image=image_digest(content)))
        tags = {"modality": "image-text", "source": "test", "grade": "1"}
        made.append(Row(f"test/train/{number}", "train", Problem((user(*parts),), Answer("exact", "x"), tags), raw=raw))
    return Shard(tuple(made), images)


def one(name: str, contents: list[str | bytes], raw: dict[str, Any] | None = None, **options: Any) -> Measures:
    (measures,) = make_step(name, options).measure(shard((contents, raw or {})))  # type: ignore[attr-defined]
    return measures


def test_sides_proportions_and_pixels_are_those_of_the_worst_picture():
    wide, small = encoded(600, 150), encoded(40, 50, "JPEG", seed=1)
    found = one("image_rules", [wide, small, "text"])
    assert found["count"]["value"] == 2
    assert found["least_side"] == {"value": 40, "threshold": 150, "picture": image_digest(small)}
    assert found["greatest_side"]["value"] == 600
    assert found["aspect"] == {"value": 4.0, "threshold": 3.0, "picture": image_digest(wide)}
    assert found["pixels"]["value"] == 2000
    assert found["format"]["value"] == "jpeg+png"
    assert found["bucket"]["value"] == "medium"
    assert found["fits"]["value"] is False
    assert set(found["fits"]["broken"]) == {"least_side", "aspect"}


@pytest.mark.parametrize(
    ("picture", "options", "broken"),
    [
        (encoded(200, 200), {}, set()),
        (encoded(200, 199), {"min_side": 200}, {"least_side"}),
        (encoded(300, 900), {}, set()),
        (encoded(299, 900), {}, {"aspect"}),
        (encoded(300, 900), {"max_aspect": 2.0}, {"aspect"}),
        (encoded(200, 200, "BMP"), {}, {"format"}),
        (encoded(200, 200, "GIF", "P", frames=3), {"formats": ("gif",)}, {"animated"}),
        (encoded(200, 200, "GIF", "P", frames=3), {"formats": ("gif",), "animated": True}, set()),
        (encoded(200, 200), {"min_pixels": 50_000}, {"pixels"}),
        (encoded(200, 200), {"max_pixels": 30_000}, {"pixels"}),
        (encoded(200, 200), {"max_side": 100}, {"greatest_side"}),
    ],
)
def test_each_rule_breaks_at_its_threshold(picture: bytes, options: dict[str, Any], broken: set[str]):
    found = one("image_rules", [picture], **options)
    assert set(found["fits"]["broken"]) == broken
    assert found["fits"]["value"] is not bool(broken)


def test_buckets_and_modes():
    sizes = {"low": 256, "medium": 257, "high": 1024, "very high": 1025}
    for bucket, side in sizes.items():
        assert one("image_rules", [encoded(side, side, mode="L")])["bucket"]["value"] == bucket
    assert one("image_rules", [encoded(200, 200, mode="RGBA")])["mode"]["value"] == "RGBA"


def test_rows_without_pictures_are_not_measured():
    found = one("image_rules", ["text"])
    assert found["count"]["value"] == 0
    assert found["fits"]["value"] is None


def test_a_damaged_picture_is_an_error_that_names_its_row():
    with pytest.raises(UserError, match=r"row test/train/0, picture [0-9a-f]{12}: not a picture that can be measured"):
        one("image_rules", [encoded(200, 200)[:20]])


A, B = encoded(160, 160, seed=2), encoded(160, 160, seed=3)
LONG = "a text of more than ten words that stands between the two pictures"


def segments(*contents: str | bytes) -> dict[str, Any]:
    """The record as a user would write it, with pictures by file name."""
    names = {A: "a.png", B: "b.png"}
    found = [{"type": "text", "text": part} if isinstance(part, str) else {"type": "image", "image": names[part]} for part in contents]
    return {"segments": found}


def test_order_is_that_of_the_record():
    found = one("interleaved", [A, LONG, B], segments(A, LONG, B))
    assert found["order"] == {"value": True}
    assert found["fits"] == {"value": True, "broken": []}
    assert (found["images"]["value"], found["texts"]["value"], found["turns"]["value"]) == (2, 1, 2)
    assert found["words"]["value"] == 13


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        (segments(LONG, A, B), 0),
        (segments(A, B, LONG), 1),
        (segments(A, LONG + " more", B), 1),
        (segments(A, LONG, A), 2),
        (segments(A, LONG), 2),
        ({"texts": [None, None, LONG], "images": ["a", "b", None]}, 1),
        ({"parts": [{"image": image_digest(B)}, {"text": LONG}, {"image": image_digest(A)}]}, 0),
    ],
)
def test_a_picture_out_of_place_is_found_with_its_place(raw: dict[str, Any], at: int):
    found = one("interleaved", [A, LONG, B], raw)
    assert found["order"]["value"] is False
    assert found["order"]["differs"]["at"] == at
    assert "order" in found["fits"]["broken"]


def test_obelics_records_and_digests_are_read():
    for raw in (
        {"texts": [None, LONG, None], "images": ["https://a", None, "https://b"]},
        {"parts": [{"image": image_digest(A)}, {"text": LONG}, {"image": {"sha256": image_digest(B)}}]},
    ):
        assert one("interleaved", [A, LONG, B], raw)["order"]["value"] is True
    assert one("interleaved", [A, LONG, B])["order"]["value"] is None


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"segments": [{"type": "table"}]}, "row test/train/0, segment 0: .* is no segment; expected"),
        ({"texts": ["a", "b"], "images": [None, "x"]}, "row test/train/0, place 1: expected a text or an image there, got both"),
        ({"texts": ["a"], "images": []}, "row test/train/0: 1 texts and 0 images"),
    ],
)
def test_a_malformed_record_is_named(raw: dict[str, Any], message: str):
    with pytest.raises(UserError, match=message):
        one("interleaved", [A, LONG], raw)


def test_counts_follow_obelics():
    found = one("interleaved", [A, "too short", A])
    assert found["repeated_images"] == {"value": 1, "threshold": 0, "pictures": {image_digest(A): 1}}
    assert set(found["fits"]["broken"]) == {"least_words", "words", "repeated_images"}
    assert words("今天 is fine") == 4
    assert difference([("text", "a")], [("text", "a")]) is None


TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Options for a CLIP of a few thousand random weights."""
    import open_clip
    import torch

    folder = tmp_path_factory.mktemp("clip")
    config, weights = folder / "tiny-clip.json", folder / "tiny.pt"
    config.write_text(json.dumps(TINY))
    open_clip.add_model_config(config)
    torch.manual_seed(0)
    torch.save(open_clip.create_model("tiny-clip").state_dict(), weights)
    return {"model": "tiny-clip", "config": str(config), "weights": str(weights)}


def test_cosines_are_those_of_the_model(tiny: dict[str, str]):
    import open_clip
    import torch

    rows = shard((["a red square", A], {}), ([B, "a blue circle", A], {}), (["no picture"], {}))
    found = make_step("image_text", {**tiny, "threshold": -1.0}).measure(rows)  # type: ignore[attr-defined]
    assert [measures["fits"]["value"] for measures in found] == [True, True, None]
    model, _, preprocess = open_clip.create_model_and_transforms("tiny-clip", pretrained=tiny["weights"])
    model.eval()
    with torch.no_grad():
        picture = model.encode_image(preprocess(Image.open(io.BytesIO(A)).convert("RGB"))[None], normalize=True)
        text = model.encode_text(open_clip.get_tokenizer("tiny-clip")(["a red square"]), normalize=True)
    assert found[0]["cosine"]["value"] == pytest.approx(float(picture @ text.T), abs=2e-4)
    each = found[1]["cosine"]["pictures"]
    assert found[1]["cosine"]["value"] == pytest.approx(sum(each.values()) / 2, abs=1e-4)
    assert set(each) == {image_digest(A), image_digest(B)}


def test_without_weights_nothing_is_downloaded_and_the_key_is_named(tiny: dict[str, str], tmp_path: Path):
    with pytest.raises(UserError, match="step image_text: key 'weights' is required: a file of open_clip weights for ViT-B-32"):
        make_step("image_text", {}).check()
    with pytest.raises(UserError, match=r"step image_text: .*none.pt: no such file"):
        make_step("image_text", {"weights": tmp_path / "none.pt"}).check()
    with pytest.raises(UserError, match="open_clip knows no model 'ViT-B-33'"):
        make_step("image_text", {"weights": tiny["weights"], "model": "ViT-B-33"}).check()
    junk = tmp_path / "junk.pt"
    junk.write_bytes(os.urandom(64))
    with pytest.raises(UserError, match=r"junk\.pt does not hold weights of tiny-clip"):
        make_step("image_text", {**tiny, "weights": junk}).measure(shard((["a", A], {})))  # type: ignore[attr-defined]
