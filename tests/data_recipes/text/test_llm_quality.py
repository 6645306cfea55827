"""Grades by a model: what is read, what is not, and that nothing unread becomes a zero. The model is a fake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from data_recipes import sampling
from data_recipes.cache import StageCache
from data_recipes.executor import LocalExecutor
from data_recipes.row import ShardRef, write_shard
from data_recipes.sampling import Request, Sample, SamplerConfig, SampleStore
from data_recipes.steps.base import Context, make_step
from data_recipes.steps.llm_quality import ASPECTS, LlmQuality, grade, weigh
from openk15.errors import UserError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Grade: 4", 4.0),
        ("grade is 3.5", 3.5),
        ("**Score:** 5", 5.0),
        ("The text is clear.\nRating: 2", 2.0),
        ("4", 4.0),
        ("4/5", 4.0),
        ("3 out of 5.", 3.0),
        ("Grade: 0", 0.0),
        ("Grade: 4. Again, grade: 4", 4.0),
        ("", None),
        ("I like it.", None),
        ("Grade: 7", None),
        ("Grade: 2 or grade: 4", None),
        ("It has 4 sentences and 3 of them are good.", None),
        ("On a scale, the grade is from 0 to 5.", None),
        ("Grade: 0-5", None),
    ],
)
def test_a_grade_is_read_or_null(text: str, value: float | None):
    assert grade(text) == value


def drawn(*texts: str) -> tuple[Sample, ...]:
    return tuple(Sample(text, 3, False) for text in texts)


def test_samples_without_a_grade_do_not_count():
    found = weigh(
        {"coherence": drawn("Grade: 5", "hm", "Grade: 4"), "informativeness": drawn("Grade: 1"), "educational": drawn("Grade: 0")}
    )
    assert found["coherence"] == {"value": 0.9, "grades": [5.0, None, 4.0]}
    assert found["educational"]["value"] == 0.0
    assert found["score"] == {"value": round((0.9 + 0.2 + 0.0) / 3, 4), "read": 3, "of": 3}


def test_without_any_grade_the_measure_is_null_and_so_is_the_score():
    found = weigh({"coherence": drawn("Grade: 5"), "informativeness": drawn("what?"), "educational": drawn("Grade: 5")})
    assert found["informativeness"] == {"value": None, "grades": [None], "unread": "what?"}
    assert found["score"] == {"value": None, "read": 2, "of": 3}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As much of a model as a step looks at before it draws."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"weights")
    return model


def run(step: LlmQuality, shards: Sequence[ShardRef], cache: Path, alive: Any = None):
    context = Context(
        LocalExecutor(1), StageCache(cache), 7, alive or (lambda shard: [True] * shard.rows), lambda shard: [{} for _ in range(shard.rows)]
    )
    output = step.run(shards, context)
    return list(output.measures), output.report()


def step_of(folder: Path, **options: Any) -> LlmQuality:
    made = make_step("llm_quality", {"sampler": {"model": str(folder), "engine": "torch"}, **options})
    assert isinstance(made, LlmQuality)
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """A model that grades a text by its length, and is lost for words at the word "riddle"."""
    requests: list[Request] = []

    def fake(
        config: SamplerConfig, wanted: Sequence[Request], images: Mapping[str, bytes], store: SampleStore, seed: int
    ) -> Iterator[tuple[Sample, ...]]:
        for request in wanted:
            requests.append(request)
            shown = request.messages[0].text
            answer = "I cannot say." if "riddle" in shown else f"Grade: {min(5, shown.count('long'))}"
            yield drawn(*[answer] * request.n)

    monkeypatch.setattr(sampling, "draw", fake)
    return requests


def test_each_aspect_is_asked_for_by_itself_and_rows_that_fell_are_not_asked(folder: Path, tmp_path: Path, make_row, asked: list[Request]):
    rows = [make_row("long long text", key="a"), make_row("riddle", key="b"), make_row("short", key="c"), make_row("  ", key="d")]
    shard = write_shard(tmp_path / "shards", 0, rows, {}, "test")
    (found,), report = run(step_of(folder), [shard], tmp_path / "cache", lambda shard: [True, True, False, True])
    assert found[0]["coherence"]["value"] == found[0]["score"]["value"] == 0.4
    assert found[1]["educational"]["value"] is None
    assert found[2] == found[3] == {}
    assert len(asked) == 2 * len(ASPECTS)
    assert [name for name in ASPECTS if ASPECTS[name] in asked[0].messages[0].text] == ["coherence"]
    title, header, table = report.tables[0]
    assert table[0] == ["coherence", "0.400", 1, 2, 1], (title, header)
    assert report.tables[1][2] == [["rows not asked: dropped by a rule already", 1], ["rows not asked: there is no text", 1]]


def test_a_second_run_asks_nothing(folder: Path, tmp_path: Path, make_row, asked: list[Request]):
    shard = write_shard(tmp_path / "shards", 0, [make_row("long text")], {}, "test")
    first, _ = run(step_of(folder), [shard], tmp_path / "cache")
    count = len(asked)
    second, _ = run(step_of(folder), [shard], tmp_path / "cache")
    assert (first, len(asked)) == (second, count)


def test_braces_in_a_text_are_its_own_and_long_texts_are_cut(folder: Path, make_row):
    (request, *_) = step_of(folder, max_characters=12).requests(make_row("{aspect} {text} and more"))
    shown = request.messages[0].text
    assert "<text>\n{aspect} {te\n</text>" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": "Rate {aspect}."}, "step llm_quality: prompt: 'Rate {aspect}.' must hold {text} once"),
        ({"prompt": "Rate {text}."}, "must hold {aspect} once"),
        ({"aspects": {"beauty": "beauty"}}, "aspects are coherence, informativeness, educational, each with its words; got beauty"),
        ({"aspect": {}}, "step llm_quality: unknown key 'aspect'; did you mean 'aspects'?"),
    ],
)
def test_wrong_parameters_are_named(folder: Path, options, message: str):
    with pytest.raises(UserError) as error:
        step_of(folder, **options).check()
    assert message in str(error.value)
