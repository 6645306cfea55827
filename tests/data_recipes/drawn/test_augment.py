"""Effects change the pixels, never what stands there: same bytes for the same seed, nothing cut off, severity 0 is the picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from data_recipes.sources.augment import EFFECTS, augmented
from data_recipes.sources.drawn.board import font


@pytest.fixture
def page() -> Image.Image:
    image = Image.new("RGB", (320, 160), (250, 248, 240))
    ImageDraw.Draw(image).text((160, 80), "total = 48", font=font("mono", 26), fill=(20, 20, 30), anchor="mm")
    return image


def ink(image: Image.Image) -> np.ndarray:
    """Pixels much darker than what lies around them."""
    grey = image.convert("L")
    return np.asarray(grey, dtype=float) < 0.6 * np.asarray(grey.filter(ImageFilter.BoxBlur(20)), dtype=float)


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_changes_pixels_repeatably_and_keeps_the_ink(name: str, page: Image.Image):
    effect = EFFECTS[name]
    one, two = (effect(page, np.random.default_rng(4), 0.6) for _ in range(2))
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != page.tobytes()
    assert one.mode == "RGB"
    assert 0.6 < ink(one).sum() / ink(page).sum() < 1.6
    rows, columns = np.nonzero(ink(one))
    assert rows.min() > 0 < columns.min()
    assert rows.max() < one.height - 1
    assert columns.max() < one.width - 1


def test_more_severity_changes_more(page: Image.Image):
    for name in ("noise", "shadow", "blur"):
        changes = []
        for severity in (0.2, 0.5, 1.0):
            changed = np.asarray(EFFECTS[name](page, np.random.default_rng(1), severity), dtype=float)
            changes.append(float(np.abs(changed - np.asarray(page, dtype=float)).mean()))
        assert changes == sorted(changes), name
        assert changes[-1] > changes[0]


def test_severity_zero_returns_the_picture_itself(page: Image.Image):
    same, names = augmented(page, np.random.default_rng(0), 0.0)
    assert same is page
    assert names == ()


def test_effects_come_in_the_order_of_a_camera_and_only_those_allowed(page: Image.Image):
    order = list(EFFECTS)
    for seed in range(12):
        _, names = augmented(page, np.random.default_rng(seed), 0.5, ("jpeg", "noise", "rotate"))
        assert set(names) <= {"jpeg", "noise", "rotate"}
        assert list(names) == sorted(names, key=order.index)
        assert len(names) >= 2


def test_a_severity_outside_its_range_is_refused(page: Image.Image):
    with pytest.raises(ValueError, match=r"severity 1.5 is outside \[0, 1\]"):
        augmented(page, np.random.default_rng(0), 1.5)
