"""Near in meaning by a model in a folder: here a tiny random one, made on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data_recipes.dedup.embed import text_vectors
from data_recipes.steps.embedding_dedup import BLOCK, neighbours
from openk15.errors import UserError


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    words = [
        "the",
        "a",
        "train",
        "pen",
        "pens",
        "tom",
        "has",
        "buys",
        "apple",
        "apples",
        "how",
        "many",
        "are",
        "there",
        "in",
        "of",
        "what",
        "is",
        "and",
        "left",
        "over",
        "he",
    ]
    names = ["[PAD]", "[UNK]", *words, *map(str, range(30)), "?", "."]
    tokenizer = Tokenizer(models.WordLevel({name: at for at, name in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(names), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    BertModel(config).save_pretrained(folder)
    return folder


def test_one_meaning_is_a_group_and_other_numbers_are_a_variant(run, make_row, model: Path) -> None:
    rows = [
        make_row("a", "Tom has 3 pens and buys 4 apples. How many apples are there?"),
        make_row("b", "What is the train?"),
        make_row("c", "tom HAS 3 pens and buys 4 apples. How many apples are there ?"),
        make_row("d", "Tom has 3 pens and buys 4 apples. How many apples are there?"),
        make_row("v", "Tom has 3 pens and buys 5 apples. How many apples are there?"),
    ]
    found, report = run("embedding_dedup", rows, model=str(model), cosine=0.93)
    assert [row["group"]["value"] for row in found] == ["a", None, "a", "a", None]
    assert found[2]["group"]["cosine"] == 1.0
    assert [row["variant"]["value"] for row in found] == [False, False, False, False, True]
    assert found[4]["variant"]["matched"] == "a"
    assert 0.93 <= found[4]["cosine"]["value"] < 1.0
    assert "3 more have other numbers and stay" in report.notes[0]


def test_a_text_has_one_vector_whatever_is_embedded_beside_it(model: Path) -> None:
    texts = ["tom has 3 pens", "what is the train of apples and pens left over ?", "a train"]
    together, alone = text_vectors(model, texts), text_vectors(model, texts[:1])
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    assert np.allclose(together[0], alone[0], atol=1e-5)


def test_neighbours_are_those_of_a_full_comparison() -> None:
    vectors = np.random.default_rng(0).normal(size=(BLOCK + 300, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[-1] = vectors[0]
    shown = np.zeros(len(vectors), dtype=np.uint64)
    shown[1] = 1
    pairs = {(int(a), int(b)) for part in neighbours(vectors, shown, 8, 0.99) for a, b in zip(part[0], part[1], strict=True)}
    scores = np.round((vectors @ vectors.T).astype(np.float64), 4)
    wanted = {
        (int(a), int(b))
        for row in range(len(vectors))
        for other in np.argsort(-scores[row])[:9]
        if other != row and scores[row, other] >= 0.99 and shown[row] == shown[other]
        for a, b in [sorted((row, int(other)))]
    }
    assert (0, len(vectors) - 1) in pairs
    assert all(1 not in pair for pair in pairs)
    assert len(pairs ^ wanted) <= 0.01 * len(wanted)


def test_other_shard_sizes_give_the_same(run, make_row, model: Path) -> None:
    rows = [make_row(str(at), f"tom has {at % 4} pens {'and apples' * (at % 3)}") for at in range(14)]
    one, _ = run("embedding_dedup", rows, model=str(model), size=4)
    other, _ = run("embedding_dedup", rows, model=str(model), size=9, folder="other")
    assert [row["group"]["value"] for row in one] == [row["group"]["value"] for row in other]


def test_a_folder_that_is_no_model_is_named(run, make_row, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="key 'model' is required"):
        run("embedding_dedup", [make_row("a", "x")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"model .*empty: no config.json in it"):
        run("embedding_dedup", [make_row("a", "x")], model=str(tmp_path / "empty"))
