"""The key fits the origin: looks alike is not the same for rendered texts, and transparency is white."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data_recipes.contamination.canaries import draw
from data_recipes.dedup.phash import distance, near_pairs, phash
from openk15.errors import UserError


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def photo(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Smooth noise: like a photograph, it has no two parts alike."""
    random_state = np.random.default_rng(seed)
    small = random_state.integers(0, 255, (9, 12, 3)).astype(np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def icon(seed: int, background: tuple[int, int, int]) -> bytes:
    """A drawing on a transparent ground; what the transparent pixels hold must not matter."""
    image = Image.new("RGBA", (96, 96), (*background, 0))
    drawing, chance = ImageDraw.Draw(image), random.Random(seed)
    for _ in range(4):
        x, y = chance.randrange(70), chance.randrange(70)
        drawing.ellipse([x, y, x + 24, y + 24], fill=(0, 0, 0, 255))
    return png(image)


def test_renders_that_differ_only_in_numbers_look_the_same_and_are_no_duplicates(run, make_row) -> None:
    texts = [
        f"A train travels {a} km in {b} hours. How far does it travel in {a + b} hours at the same speed?"
        for a in range(310, 318)
        for b in (3, 5)
    ]
    pictures = [draw(text) for text in texts]
    hashes = np.array([phash(data) for data in pictures], dtype=np.uint64)
    assert any(distance(hashes[one], hashes[other]) == 0 for one in range(16) for other in range(one))  # why pHash is not asked
    rows = [
        make_row(str(at), "Solve it.", pictures=[data], keys=[f"text:{text}"], origin="rendered", template="plain")
        for at, (text, data) in enumerate(zip(texts, pictures, strict=True))
    ]
    found, report = run("image_dedup", rows, pictures)
    assert all(row["group"]["value"] is None for row in found)
    assert "drawn text 16 rows" in report.notes[0]


def test_one_text_rendered_twice_is_one_picture_and_another_template_is_another(run, make_row) -> None:
    data = [draw("What is 3 + 4, and why is it so?"), png(photo(1))]
    rows = [
        make_row("a", "?", pictures=data[:1], keys=["text:3+4"], origin="rendered", template="plain"),
        make_row("b", "?", pictures=data[1:], keys=["text:3+4"], origin="rendered", template="plain"),
        make_row("c", "?", pictures=data[:1], keys=["text:3+4"], origin="rendered", template="paper"),
    ]
    found, _ = run("image_dedup", rows, data)
    assert [row["group"]["value"] for row in found] == ["a", "a", None]
    assert found[1]["group"] == {"value": "a", "matched": "a", "by": "text"}


def test_a_scene_is_known_by_its_content_not_by_its_pixels(run, make_row) -> None:
    data = [png(photo(1)), png(photo(2))]
    rows = [
        make_row("a", "?", pictures=data[:1], keys=["scene:1"], origin="synthetic"),
        make_row("b", "?", pictures=data[:1], keys=["scene:2"], origin="synthetic"),
        make_row("c", "?", pictures=data[1:], keys=["scene:2"], origin="synthetic"),
    ]
    found, _ = run("image_dedup", rows, data)
    assert [row["group"]["value"] for row in found] == [None, "b", "b"]


def test_a_photograph_saved_again_smaller_is_found_across_shards(run, make_row) -> None:
    whole = photo(1)
    buffer = io.BytesIO()
    whole.resize((120, 90)).save(buffer, format="JPEG", quality=70)
    data = [png(photo(at + 2)) for at in range(5)] + [png(whole), buffer.getvalue()]
    rows = [make_row(str(at), "?", pictures=[picture]) for at, picture in enumerate(data)]
    found, _ = run("image_dedup", rows, data)
    assert [row["group"]["value"] for row in found] == [None] * 5 + ["5", "5"]
    assert found[6]["group"]["by"] == "phash"
    assert found[6]["group"]["bits"] <= 2


def test_pages_that_look_alike_are_one_only_where_the_same_was_read(run, make_row) -> None:
    whole = photo(1)
    buffer = io.BytesIO()
    whole.resize((120, 90)).save(buffer, format="JPEG", quality=70)
    data = [png(whole), buffer.getvalue()]
    texts = ["Invoice 1037\nAnna Berg", "Invoice 1074\nOtto Lind", "invoice 1037\nAnna  Berg", "Invoice 1074\nOtto Lind"]
    raws = [{"layout": [{"kind": "paragraph", "text": text}]} for text in texts]
    rows = [make_row(str(at), f"Line {at}?", pictures=[data[at % 2]], raw=raw) for at, raw in enumerate(raws)]
    found, _ = run("image_dedup", rows, data)
    assert [row["group"]["value"] for row in found] == ["0", "1", "0", "1"]
    found, _ = run("image_dedup", [rows[0], make_row("4", "Unread?", pictures=[data[1]])], data, folder="unread")
    assert [row["group"]["value"] for row in found] == ["0", "0"]  # of a page that nobody read only the look is known


def test_transparent_pictures_are_compared_on_white(run, make_row) -> None:
    data = [icon(1, (0, 0, 0)), icon(1, (255, 0, 0)), icon(2, (0, 0, 0)), icon(3, (0, 0, 0))]
    rows = [make_row(str(at), "?", pictures=[picture]) for at, picture in enumerate(data)]
    found, _ = run("image_dedup", rows, data)
    assert [row["group"]["value"] for row in found] == ["0", "0", None, None]


def test_rows_with_several_pictures_match_only_when_all_do(run, make_row) -> None:
    one, two, three = (png(photo(at)) for at in range(3))
    rows = [make_row("a", "?", pictures=[one, two]), make_row("b", "?", pictures=[one, two]), make_row("c", "?", pictures=[one, three])]
    rows.append(make_row("d", "?", pictures=[one]))
    found, _ = run("image_dedup", rows, [one, two, three])
    assert [row["group"]["value"] for row in found] == ["a", "a", None, None]


def test_near_hashes_are_found_without_comparing_all() -> None:
    random_state = np.random.default_rng(0)
    base = random_state.integers(0, 1 << 63, 300, dtype=np.uint64)
    flips = np.array([sum(1 << int(bit) for bit in random_state.choice(64, at % 9, replace=False)) for at in range(300)], dtype=np.uint64)
    hashes = np.unique(np.concatenate([base, base ^ flips]))
    left, right, bits = near_pairs(hashes, 6)
    wanted = {(a, b) for a in range(len(hashes)) for b in range(a + 1, len(hashes)) if int(hashes[a] ^ hashes[b]).bit_count() <= 6}
    assert set(zip(left.tolist(), right.tolist(), strict=True)) == wanted
    assert len(wanted) > 150
    assert bits.max() == 6


def test_an_embedding_model_must_agree(run, make_row, tmp_path) -> None:
    from transformers import ViTConfig, ViTImageProcessor, ViTModel

    config = ViTConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=32, patch_size=16)
    ViTModel(config).save_pretrained(tmp_path / "vit")
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path / "vit")
    grey = photo(1).convert("L")
    data = [png(grey), png(Image.merge("RGB", [grey.point([int(level * share) for level in range(256)]) for share in (0.5, 1.0, 0.2)]))]
    rows = [make_row(str(at), "?", pictures=[picture]) for at, picture in enumerate(data)]  # one in grey, one in green
    agrees, report = run("image_dedup", rows, data, model=str(tmp_path / "vit"), cosine=0.0)
    assert [row["group"]["value"] for row in agrees] == ["0", "0"]
    assert "cosine at least 0" in report.notes[0]
    refuses, _ = run("image_dedup", rows, data, model=str(tmp_path / "vit"), cosine=1.0, folder="strict")
    assert [row["group"]["value"] for row in refuses] == [None, None]
    with pytest.raises(UserError, match=r"step image_dedup: model .*nowhere: no such folder"):
        run("image_dedup", rows, data, model=str(tmp_path / "nowhere"))
