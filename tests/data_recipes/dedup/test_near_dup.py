"""Texts that differ in a few words are one group, whatever shard they are in; LSH proposes, Jaccard decides."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_recipes.dedup.groups import components
from data_recipes.dedup.minhash import band_keys, permutations, sharing, shingle_sets, signatures
from data_recipes.dedup.text import tokens
from data_recipes.steps.near_dup import near_groups
from multimodal.images import blank_like, encode_png
from openk15.errors import UserError

WORDS = [f"word{at}" for at in range(4000)]


def text(seed: int, length: int = 60) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)


def changed(words: list[str], places: int, seed: int = 0) -> list[str]:
    out = list(words)
    for place in random.Random(seed).sample(range(len(out)), places):
        out[place] = f"new{place}"
    return out


def jaccard(left: list[str], right: list[str], n: int = 5) -> float:
    one, other = ({tuple(words[at : at + n]) for at in range(len(words) - n + 1)} for words in (left, right))
    return len(one & other) / len(one | other)


def test_a_changed_word_is_a_near_duplicate_and_its_jaccard_is_true(run, make_row) -> None:
    first, near, far = text(1), changed(text(1), 1), changed(text(1), 12)
    rows = [
        make_row("far", " ".join(far)),
        make_row("first", " ".join(first)),
        make_row("alone", " ".join(text(2))),
        make_row("near", " ".join(near)),
    ]
    found, report = run("near_dup", rows, size=2)
    assert [row["group"]["value"] for row in found] == [None, "first", None, "first"]
    assert found[3]["group"]["matched"] == "first"
    assert found[3]["group"]["jaccard"] == round(jaccard(first, near), 4)
    assert report.tables[0][2] == [["2", 1, 2]]


def test_no_pair_under_the_threshold_is_joined_and_every_alike_one_is(tmp_path: Path) -> None:
    documents = [words for seed in range(120) for words in (text(seed), changed(text(seed), seed % 12, seed))]
    sets = shingle_sets(documents, 5)
    keys = band_keys(signatures(sets, *permutations(112, 0)), 14, 8)
    sets.values.tofile(tmp_path / "sets")
    for band in range(14):
        keys[band].tofile(tmp_path / f"band-{band}")
    found = near_groups(tmp_path, sets.sizes, sets.digests, 14, 0.7)
    joined = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    true = {(2 * at, 2 * at + 1): jaccard(documents[2 * at], documents[2 * at + 1]) for at in range(120)}
    assert all(true.get(pair, 0.0) >= 0.7 for pair in joined)
    assert {pair for pair, value in true.items() if value >= 0.9} <= joined
    assert sum(value >= 0.7 for value in true.values()) > 20
    for one, other, value in zip(found.left.tolist(), found.right.tolist(), found.jaccard.tolist(), strict=True):
        assert value == pytest.approx(jaccard(documents[one], documents[other]))


def test_minhash_estimates_jaccard_without_bias() -> None:
    wanted, errors = [], []
    factors = permutations(256, 3)
    for seed in range(60):
        left, right = text(seed, 50), changed(text(seed, 50), seed % 8, seed)
        signature = signatures(shingle_sets([left, right], 5), *factors)
        wanted.append(jaccard(left, right))
        errors.append(float((signature[:, 0] == signature[:, 1]).mean()) - wanted[-1])
    spread = np.sqrt(np.mean([value * (1 - value) / 256 for value in wanted]))
    assert abs(np.mean(errors)) < 3 * spread / np.sqrt(60)
    assert np.std(errors) < 1.3 * spread


def test_chinese_is_compared_character_by_character(run, make_row) -> None:
    asked = "小明有十二个苹果，他给了小红三个，又买了五个，请问小明现在一共有多少个苹果？"
    rows = [
        make_row("a", asked),
        make_row("b", asked[:-2] + "梨？"),
        make_row("c", "一列火车每小时行驶八十千米，四小时行驶多少千米？"),
    ]
    found, _ = run("near_dup", rows, jaccard=0.6)
    assert [row["group"]["value"] for row in found] == ["a", "a", None]


def test_a_template_is_capped_not_grouped(run, make_row) -> None:
    rows = [make_row(f"{at}", f"Add {at} and {7 * at + 1} and then take away {at * at} from what you have .") for at in range(6)]
    found, _ = run("near_dup", [*rows, make_row("x", "Subtract 3 from 9.")])
    assert len({row["template"]["value"] for row in found[:6]}) == 1
    assert found[0]["template"]["value"] is not None
    assert found[6]["template"]["value"] is None
    assert all(row["group"]["value"] is None for row in found)


def test_one_wording_over_other_pictures_is_no_near_duplicate(run, make_row) -> None:
    white = encode_png(Image.new("RGB", (40, 30), "white"))
    grey = blank_like(white)
    asked = "Which number belongs in the empty cell of the grid that is shown here?"
    rows = [make_row("a", asked, pictures=[white]), make_row("b", asked, pictures=[grey]), make_row("c", asked)]
    found, _ = run("near_dup", rows, [white, grey])
    assert all(row["group"]["value"] is None for row in found)


def test_rendered_rows_are_compared_by_what_is_drawn(run, make_row) -> None:
    white = encode_png(Image.new("RGB", (40, 30), "white"))
    drawn = [" ".join(text(1)), " ".join(changed(text(1), 1)), " ".join(text(2))]
    rows = [
        make_row(str(at), "Solve it.", pictures=[white], raw={"source_text": words}, origin="rendered") for at, words in enumerate(drawn)
    ]
    found, _ = run("near_dup", [*rows, make_row("t", drawn[0])], [white])
    assert [row["group"]["value"] for row in found] == ["0", "0", None, None]


def test_a_thousand_copies_propose_no_million_pairs(tmp_path: Path) -> None:
    same = text(5)
    documents = [same] * 1000 + [changed(same, 1)]
    sets = shingle_sets(documents, 5)
    keys = band_keys(signatures(sets, *permutations(112, 0)), 14, 8)
    sets.values.tofile(tmp_path / "sets")
    for band in range(14):
        keys[band].tofile(tmp_path / f"band-{band}")
    found = near_groups(tmp_path, sets.sizes, sets.digests, 14, 0.7)
    assert found.proposed < 1100
    assert set(found.label.tolist()) == {0}


def test_a_full_bucket_is_walked_by_a_window() -> None:
    pairs = list(sharing(np.zeros(100, dtype=np.uint64), window=4))
    assert len(pairs) == 4
    assert len(pairs[0][0]) == 99
    assert (components(100, *pairs[0]) == 0).all()


def test_texts_without_words_are_no_error(run, make_row) -> None:
    found, _ = run("near_dup", [make_row("a", "?"), make_row("b", "x"), make_row("c", " ".join(text(1)))])
    assert [row["group"]["value"] for row in found] == [None, None, None]


def test_other_shard_sizes_and_workers_give_the_same(run, make_row) -> None:
    rows = [make_row(f"{seed}/{at}", " ".join(changed(text(seed), at, at))) for seed in range(12) for at in range(3)]
    one, first = run("near_dup", rows, size=5)
    other, second = run("near_dup", rows, size=11, folder="other")
    assert one == other
    assert first == second
    assert sum(row["group"]["value"] is not None for row in one) > 20


def test_a_training_row_near_a_held_out_one_is_named(run, make_row) -> None:
    rows = [make_row("t", " ".join(text(1))), make_row("h", " ".join(changed(text(1), 1)), split="heldout")]
    found, _ = run("near_dup", rows)
    assert found[0]["in_heldout"] == {"value": True, "matched": "h"}
    assert not found[1]["in_heldout"]["value"]


def test_a_wrong_parameter_is_named(run, make_row) -> None:
    with pytest.raises(UserError, match="unknown key 'jacard'; did you mean 'jaccard'"):
        run("near_dup", [make_row("a", "x")], jacard=0.8)
    with pytest.raises(UserError, match=r"key 'jaccard'.*got 1.5"):
        run("near_dup", [make_row("a", "x")], jaccard=1.5)


def test_tokens_of_one_text_are_its_shingles_whatever_stands_beside_it() -> None:
    alone = shingle_sets([tokens("a b c d e f g")], 5)
    beside = shingle_sets([tokens("x y"), tokens("a b c d e f g"), []], 5)
    assert set(alone.values.tolist()) == set(beside.values[beside.starts[1] : beside.starts[1] + beside.sizes[1]].tolist())
    assert beside.sizes.tolist() == [1, 3, 1]
