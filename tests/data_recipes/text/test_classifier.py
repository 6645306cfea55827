"""The trainable classifier: it learns, it is the same every time, and bad inputs are named."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from data_recipes.row import Shard
from data_recipes.steps.base import make_step
from data_recipes.steps.classifier import Classifier, train
from data_recipes.text.linear import LinearModel
from data_recipes.text.training import fit
from openk15.errors import UserError


def write(path: Path, texts: list[str], field: str = "text") -> Path:
    path.write_text("".join(json.dumps({field: text}, ensure_ascii=False) + "\n" for text in texts), "utf-8")
    return path


GOOD = [f"The teacher explains why {n} divided by {n + 1} is less than one, with an example." for n in range(150)]
BAD = [f"buy now!!! cheap {n} watches, click here {n} free free shipping" for n in range(150)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    out = folder / "quality.model"
    report = train(write(folder / "good.jsonl", GOOD), write(folder / "bad.jsonl", BAD), out, heldout=0.2)
    assert report.auc > 0.99
    assert sum(report.trained.values()) + sum(report.heldout.values()) == 300
    return out


def test_training_twice_gives_the_same_bytes(model: Path, tmp_path: Path):
    again = tmp_path / "again.model"
    train(write(tmp_path / "good.jsonl", GOOD), write(tmp_path / "bad.jsonl", BAD), again, heldout=0.2)
    assert again.read_bytes() == model.read_bytes()


def test_the_step_scores_rows_and_leaves_empty_texts_unmeasured(model: Path, make_row):
    step = make_step("classifier", {"model": str(model)})
    assert isinstance(step, Classifier)
    step.check()
    rows = (make_row(GOOD[0]), make_row(BAD[0]), make_row("  "))
    good, bad, empty = step.measure(Shard(rows, {}))
    assert good["score"]["value"] > 0.9 > 0.1 > bad["score"]["value"]
    assert (good["label"]["value"], bad["label"]["value"]) == ("positive", "negative")
    assert empty["score"]["value"] is None


def test_a_score_does_not_depend_on_the_other_rows(model: Path, make_row):
    step = make_step("classifier", {"model": str(model)})
    assert isinstance(step, Classifier)
    rows = [make_row(text) for text in (*GOOD[:5], *BAD[:5])]
    together = step.measure(Shard(tuple(rows), {}))
    assert together == [step.measure(Shard((row,), {}))[0] for row in rows]


def test_another_model_file_is_another_fingerprint(model: Path, tmp_path: Path):
    other = tmp_path / model.name
    fit({"negative": BAD, "positive": GOOD}, seed=1, heldout=0.2)[0].save(other)
    one, two = make_step("classifier", {"model": str(model)}), make_step("classifier", {"model": str(other)})
    assert one.fingerprint() != two.fingerprint()


def test_equal_texts_never_stand_on_both_sides():
    _, report = fit({"negative": [*BAD, *BAD], "positive": [*GOOD, *GOOD, BAD[0], " "]}, heldout=0.2)
    assert sum(report.trained.values()) + sum(report.heldout.values()) == 299
    assert report.left_out == 602 - 299


def test_several_labels_sum_to_one():
    third = [f"第{n}题：求函数的导数。" for n in range(150)]
    model, report = fit({"en": GOOD, "spam": BAD, "zh": third}, heldout=0.2)
    assert report.accuracy > 0.95
    found = model.probabilities(["求函数的最大值。", GOOD[3]])
    assert found.sum(axis=1) == pytest.approx([1, 1], abs=1e-3)
    assert [model.labels[index] for index in found.argmax(axis=1)] == ["zh", "en"]


def test_a_mathematics_classifier_tells_questions_from_other_texts(shared_data: Path):
    """Stage 1 of K73 on real texts: grade-school questions against Chinese sentences and instructions."""
    questions = _field(shared_data / "gsm8k" / "train.jsonl", "question")[:800]
    others = _field(shared_data / "cluewsc" / "test_public.jsonl", "text")[:500] + _field(shared_data / "ifeval" / "test.jsonl", "prompt")
    _, report = fit({"negative": others, "positive": questions}, heldout=0.3, epochs=5)
    print(report)
    assert sum(report.heldout.values()) > 450
    assert report.auc >= 0.99


def test_word_order_can_be_learnt(shared_data: Path):
    """The same words scrambled: only n-grams can tell, as for the fluency that fastText is to judge."""
    questions = _field(shared_data / "gsm8k" / "train.jsonl", "question")[:1600]
    shuffler = random.Random(0)
    scrambled = [" ".join(shuffler.sample(text.split(), len(text.split()))) for text in questions[800:]]
    _, report = fit({"negative": scrambled, "positive": questions[:800]}, heldout=0.3, epochs=5)
    print(report)
    assert sum(report.heldout.values()) > 400
    assert report.auc >= 0.85


def _field(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line)[name] for line in file]


def test_bad_training_files_are_named(tmp_path: Path):
    good, out = write(tmp_path / "good.jsonl", GOOD), tmp_path / "m"
    with pytest.raises(UserError, match=r"nowhere\.jsonl: no such file"):
        train(good, tmp_path / "nowhere.jsonl", out)
    with pytest.raises(UserError, match=r"wrong\.jsonl: record 1 has no field 'text'; did you mean 'txt'\?"):
        train(good, write(tmp_path / "wrong.jsonl", BAD, "txt"), out)
    (tmp_path / "number.jsonl").write_text('{"text": 3}\n')
    with pytest.raises(UserError, match=r"number\.jsonl: record 1: field 'text' is int, expected text"):
        train(good, tmp_path / "number.jsonl", out)
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(UserError, match=r"empty\.jsonl: no records"):
        train(good, tmp_path / "empty.jsonl", out)
    with pytest.raises(UserError, match=r"label 'negative': .* at least 10 of each are needed"):
        train(good, write(tmp_path / "few.jsonl", BAD[:12]), out)
    assert not out.exists(), "nothing is written when training fails"


def test_bad_model_files_are_named(model: Path, tmp_path: Path):
    with pytest.raises(UserError, match="nowhere: no such model file"):
        make_step("classifier", {"model": str(tmp_path / "nowhere")}).check()
    with pytest.raises(UserError, match=r"has no label 'good'; it has negative, positive"):
        make_step("classifier", {"model": str(model), "label": "good"}).check()
    cut = tmp_path / "cut.model"
    cut.write_bytes(model.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"cut\.model: not a classifier of train-classifier"):
        make_step("classifier", {"model": str(cut)}).check()


def test_a_model_is_data_and_never_code(model: Path, tmp_path: Path):
    """Loading refuses arrays of objects, which numpy would unpickle."""
    import io
    import zipfile

    evil = tmp_path / "evil.model"
    array = io.BytesIO()
    np.save(array, np.array([{"x": 1}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(model) as good, zipfile.ZipFile(evil, "w") as bad:
        bad.writestr("about.json", good.read("about.json"))
        bad.writestr("weights.npy", array.getvalue())
        bad.writestr("bias.npy", good.read("bias.npy"))
    with pytest.raises(UserError, match="not a classifier"):
        LinearModel.load(evil)
