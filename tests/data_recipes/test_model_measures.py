"""What a model makes of a row: difficulty, the three-way guess audit, and answers that the samples agree on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from data_recipes import sampling
from data_recipes.answer_space import AnswerSpace, chance_of_a_hit, kind_of
from data_recipes.cache import StageCache
from data_recipes.executor import LocalExecutor
from data_recipes.problem import Problem
from data_recipes.row import Row, ShardRef, write_shard
from data_recipes.sampling import Request, Sample, SampleStore, open_store
from data_recipes.select import Candidate, Rule, decide
from data_recipes.steps.base import Context, Measures, Step, make_step
from data_recipes.steps.difficulty import clopper_pearson
from data_recipes.steps.label_suspicion import agreeing
from multimodal.images import encode_png, image_digest
from multimodal.messages import Message, Part, Role, user
from openk15.errors import UserError
from rewards.registry import Outcome, get
from rewards.verdict import Answer

RED = encode_png(Image.new("RGB", (30, 20), "red"))
GREY = encode_png(Image.new("RGB", (30, 20), (128, 128, 128)))


@dataclass
class Script:
    """Takes the engine's place: says what each sample of a prompt is. The store behaves as ever, in memory."""

    says: Callable[[str, int], str | Sample] = lambda prompt, index: "nothing"
    asked: list[tuple[str, int, int]] = field(default_factory=list)  # prompt, n, max_tokens
    pictures: list[bytes] = field(default_factory=list)
    kept: dict[tuple[str, str, int], Sample] = field(default_factory=dict)

    def draw(
        self, config: Any, requests: Sequence[Request], images: Mapping[str, bytes], store: SampleStore, seed: int
    ) -> Iterator[tuple[Sample, ...]]:
        for request in requests:
            prompt = " | ".join(message.text for message in request.messages)
            self.asked.append((prompt, request.n, config.max_tokens))
            self.pictures += [images[name] for message in request.messages for name in message.images]
            for index in range(request.n):
                place = (config.digest, request.key, index)
                if place not in self.kept:
                    said = self.says(prompt, index)
                    self.kept[place] = said if isinstance(said, Sample) else Sample(said, len(said.split()), False)
                    store.made += 1
            yield tuple(self.kept[config.digest, request.key, index] for index in range(request.n))

    @property
    def prompts(self) -> list[str]:
        return [prompt for prompt, _, _ in self.asked]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    script = Script()
    monkeypatch.setattr(sampling, "draw", script.draw)
    return script


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "llava", "vision_config": {}}')
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def row(key: str, question: str, reference: Any = "7", verifier: str = "number", picture: bytes | None = None, **params: Any) -> Row:
    parts = ([Part(image=image_digest(picture))] if picture else []) + [Part(text=question)]
    tags = {"modality": "image-text" if picture else "text", "source": "test", "grade": "1"}
    return Row(key, "train", Problem((user(*parts),), Answer(verifier, reference, params), tags))


def context(tmp_path: Path, alive: Callable[[ShardRef], list[bool]] | None = None) -> Context:
    everything = alive or (lambda ref: [True] * ref.rows)
    return Context(LocalExecutor(1), StageCache(tmp_path / "cache"), 3, everything, lambda ref: [{} for _ in range(ref.rows)])


def made(tmp_path: Path) -> int:
    return open_store(tmp_path / "cache" / "samples").made


def measure(step: Step, rows: Sequence[Row], tmp_path: Path, alive: Sequence[bool] | None = None) -> tuple[list[Measures], dict[str, Any]]:
    """Measures of the rows and the report's tables by title."""
    shard = write_shard(tmp_path / "shards", 0, rows, {image_digest(RED): RED}, "test")
    output = step.run([shard], context(tmp_path, (lambda _: list(alive)) if alive else None))
    measures = [found for shard_rows in output.measures for found in shard_rows]
    for found in measures:
        assert set(found) <= set(step.measured)
    return measures, {title: rows for title, _, rows in output.report().tables}


def difficulty(model: Path, **options: Any) -> Step:
    return make_step("difficulty", {"sampler": {"model": str(model)}, **options})


def right_first(k: int, reference: str = "7") -> Callable[[str, int], str]:
    return lambda prompt, index: f"so \\boxed{{{reference if index < k else 0}}}"


# difficulty


def test_the_papers_numbers_are_the_defaults(model):
    step: Any = difficulty(model)
    assert (step.n, step.adaptive, step.sampler.temperature) == (10, 22, 1.0)
    audit: Any = make_step("guess_audit", {"sampler": {"model": str(model)}})
    assert (audit.n, audit.modes) == (8, ("no_cot", "blank", "blind"))


def test_ten_samples_give_k_of_n_with_its_exact_interval(script, model, tmp_path):
    script.says = right_first(3)
    (found,), tables = measure(difficulty(model), [row("a", "3 + 4 ?")], tmp_path)
    assert script.asked == [("3 + 4 ?\n\nPut the final answer in \\boxed{}.", 10, 256)]
    values = {name: measure["value"] for name, measure in found.items()}
    assert values == {
        "correct": 3, "samples": 10, "rate": 0.3, "low": 0.06674, "high": 0.652453, "truncated": 0, "errors": 0, "unparsed": 0,
    }  # fmt: skip
    assert found["rate"]["verifier"] == "number@3"
    assert {"model", "sampler", "prompt"} <= set(found["rate"])
    assert [rows for _, rows, _ in tables["Right answers among the first 10 samples"]] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(0, 10, 0.0, 0.308497), (10, 10, 0.691503, 1.0), (1, 10, 0.002529, 0.445016), (0, 0, 0, 1)]
)
def test_intervals_are_those_of_clopper_and_pearson(hits, n, low, high):
    assert clopper_pearson(hits, n) == (low, high)


@pytest.mark.parametrize(("k", "drawn", "correct"), [(0, 32, 0), (1, 10, 1), (9, 10, 9), (10, 32, 10)])
def test_only_rows_at_none_or_all_of_n_get_further_samples(script, model, tmp_path, k, drawn, correct):
    script.says = right_first(k)
    (found,), tables = measure(difficulty(model), [row("a", "?")], tmp_path)
    assert (found["samples"]["drawn"], found["correct"]["value"], found["correct"]["first"]) == (drawn, correct, k)
    assert made(tmp_path) == drawn
    again = dict(tables["Rows that were given further samples"])
    assert again == {"none, still so": k == 0, "none, no longer": 0, "all, still so": 0, "all, no longer": k == 10}


def test_further_samples_can_be_switched_off(script, model, tmp_path):
    script.says = right_first(0)
    (found,), _ = measure(difficulty(model, adaptive=0), [row("a", "?")], tmp_path)
    assert found["samples"]["drawn"] == 10


def test_cut_samples_are_neither_right_nor_wrong(script, model, tmp_path):
    says = {0: "\\boxed{7}", 1: "\\boxed{1}", 2: "no box"}
    script.says = lambda prompt, index: says.get(index, Sample("\\boxed{7} and", 9, True))
    (found,), _ = measure(difficulty(model), [row("a", "?")], tmp_path)
    values = {name: measure["value"] for name, measure in found.items()}
    assert (values["correct"], values["samples"], values["rate"]) == (1, 3, 0.333333)
    assert (values["truncated"], values["unparsed"], values["errors"]) == (7, 1, 0)


def test_a_row_of_which_every_sample_is_cut_has_no_rate_and_gets_no_more(script, model, tmp_path):
    script.says = lambda prompt, index: Sample("\\boxed{7", 9, True)
    (found,), tables = measure(difficulty(model), [row("a", "?")], tmp_path)
    assert found["rate"]["value"] is None
    assert found["correct"]["value"] is None
    assert (found["low"]["value"], found["high"]["value"]) == (0.0, 1.0)
    assert found["truncated"]["value"] == made(tmp_path) == 10
    assert dict(tables["Difficulty"])["rows without any sample that counts"] == 1


def test_an_error_of_the_verifier_is_never_a_zero(script, model, tmp_path):
    script.says = right_first(10)
    (found,), _ = measure(difficulty(model), [row("a", "?", reference="seven")], tmp_path)
    assert found["errors"]["value"] == 10
    assert "reference 'seven' is not a number" in found["errors"]["first"]
    assert (found["samples"]["value"], found["correct"]["value"], found["rate"]["value"]) == (0, None, None)


def test_rows_that_are_dropped_already_or_cannot_be_judged_or_seen_are_not_asked(script, model, tmp_path):
    (model / "config.json").write_text('{"model_type": "llama"}')
    script.says = right_first(5)
    rows = [row("a", "one"), row("b", "two"), row("c", "three", None, "none"), row("d", "four", picture=RED)]
    found, tables = measure(difficulty(model), rows, tmp_path, alive=[False, True, True, True])
    assert [bool(measures) for measures in found] == [False, True, False, False]
    assert len(script.prompts) == 1
    counts = dict(tables["Difficulty"])
    assert counts["rows asked"] == 1
    assert counts["rows not asked: dropped by a rule already"] == 1
    assert counts["rows not asked: no verifier judges them"] == 1
    assert counts["rows not asked: pictures, which the model does not take"] == 1


def test_every_verifier_is_told_its_form_and_pictures_keep_their_place(script, model, tmp_path):
    script.says = right_first(5)
    rows = [row("a", "how many?", picture=RED), row("b", "write f", None, "ifeval", instructions=[])]
    measure(difficulty(model, prompt="Read this.\n{question}\n{form}", forms={"number": "Box it.", "ifeval": ""}), rows, tmp_path)
    assert script.prompts[0] == "Read this.\nhow many?\nBox it."
    assert script.prompts[1] == "Read this.\nwrite f"
    assert script.pictures[0] == RED


def test_another_version_of_a_verifier_judges_the_stored_samples(script, model, tmp_path, monkeypatch):
    script.says = right_first(4)
    rows = [row("a", "one"), row("b", "two")]
    before, _ = measure(difficulty(model), rows, tmp_path)
    assert made(tmp_path) == 20
    script.asked.clear()
    assert measure(difficulty(model), rows, tmp_path)[0] == before
    assert script.asked == [], "an unchanged step reads its measures"
    verifier = get("number")
    monkeypatch.setattr(verifier, "version", "another")
    monkeypatch.setattr(verifier, "judge", lambda response, answer: Outcome.of("{0}" in response, "0", "turned round"))
    after, _ = measure(difficulty(model), rows, tmp_path)
    assert [measures["correct"]["value"] for measures in after] == [6, 6]
    assert after[0]["correct"]["verifier"] == "number@another"
    assert made(tmp_path) == 20


def test_only_a_row_that_a_new_verifier_moves_to_an_extreme_is_asked_further(script, model, tmp_path, monkeypatch):
    script.says = lambda prompt, index: "\\boxed{7}" if index < 4 or "one" in prompt else "\\boxed{0}"
    rows = [row("a", "one"), row("b", "two")]
    measure(difficulty(model), rows, tmp_path)
    assert made(tmp_path) == 32 + 10
    monkeypatch.setattr(get("number"), "version", "another")
    monkeypatch.setattr(get("number"), "judge", lambda response, answer: Outcome.of(False, "0", "never"))
    found, _ = measure(difficulty(model), rows, tmp_path)
    assert [measures["samples"]["drawn"] for measures in found] == [32, 32]
    assert made(tmp_path) == 32 + 10 + 22


def test_the_model_counts_by_its_content(model, tmp_path):
    before = difficulty(model).fingerprint()
    moved = model.rename(tmp_path / "elsewhere")
    assert difficulty(moved).fingerprint() == before
    (moved / "model.safetensors").write_bytes(b"trained on")
    assert difficulty(moved).fingerprint() != before


@pytest.mark.parametrize(
    ("use", "options", "message"),
    [
        ("difficulty", {"prompt": "no place"}, r"step difficulty: prompt: 'no place' must hold \{question\} once"),
        ("guess_audit", {"blank": "guess"}, r"step guess_audit: blank: 'guess' must hold \{kind\} once"),
        ("guess_audit", {"no_cot": "{question} {question}"}, r"no_cot: .* must hold \{question\} once"),
        ("difficulty", {"forms": {"maths": "Box it."}}, r"step difficulty: forms: no verifier is called 'maths'; did you mean 'math'"),
        ("label_suspicion", {"sampler": {"model": "/nowhere"}}, r"step label_suspicion: sampler\.model: /nowhere: no such model folder"),
    ],
)
def test_parameters_that_cannot_work_are_named(model, use, options, message):
    with pytest.raises(UserError, match=message):
        make_step(use, {"sampler": {"model": str(model)}, **options}).check()


@pytest.mark.parametrize(
    ("use", "options", "message"),
    [
        ("difficulty", {"samples": 3}, "unknown key 'samples'; did you mean 'sampler'"),
        ("guess_audit", {"modes": []}, "modes are one or more of no_cot, blank, blind"),
        ("guess_audit", {"n": 0}, "key 'n'"),
    ],
)
def test_unknown_and_impossible_parameters_are_refused(model, use, options, message):
    with pytest.raises(UserError, match=message):
        make_step(use, {"sampler": {"model": str(model)}, **options})


def test_a_conversation_without_a_question_is_named(script, model, tmp_path):
    told = Problem(
        (Message(Role.ASSISTANT, (Part(text="I said"),)),), Answer("number", "7"), {"modality": "text", "source": "t", "grade": "1"}
    )
    with pytest.raises(UserError, match="row mine/3: its messages are from assistant"):
        measure(difficulty(model), [Row("mine/3", "train", told)], tmp_path)


# the guess audit


def audit(model: Path, **options: Any) -> Step:
    return make_step("guess_audit", {"sampler": {"model": str(model)}, **options})


def test_each_way_of_guessing_hides_what_it_says(script, model, tmp_path):
    (found,), _ = measure(audit(model), [row("a", "how many?", picture=RED)], tmp_path)
    (no_cot, n, room), (blank, _, _), (blind, _, more_room) = script.asked
    assert no_cot.startswith("how many?")
    assert "no reasoning" in no_cot
    assert (n, room, more_room) == (8, 32, 256)
    assert "how many" not in blank
    assert "a whole number" in blank
    assert blind == "how many?\n\nPut the final answer in \\boxed{}."
    assert script.pictures == [RED, GREY], "the blank question shows no picture, the blind one a grey one"
    assert {name: measure["value"] for name, measure in found.items()} == {"no_cot_hits": 0, "blank_hits": 0, "blind_hits": 0}


def test_a_row_without_pictures_is_not_asked_blind(script, model, tmp_path):
    (found,), _ = measure(audit(model), [row("a", "how many?")], tmp_path)
    assert set(found) == {"no_cot_hits", "blank_hits"}


@pytest.mark.parametrize(("hits", "stays"), [(0, True), (1, False), (8, False)])
def test_one_hit_in_eight_removes_the_row(script, model, tmp_path, hits, stays):
    script.says = lambda prompt, index: "\\boxed{7}" if "no reasoning" in prompt and index >= 8 - hits else "\\boxed{1}"
    (found,), tables = measure(audit(model), [row("a", "?")], tmp_path)
    assert found["no_cot_hits"]["value"] == hits
    values = {f"guess_audit.{name}": measure["value"] for name, measure in found.items()}
    gone = decide([Rule(drop="guess_audit.no_cot_hits", at_least=1)], [Candidate("a", "train", values)], 0)
    assert ("a" not in gone) == stays
    assert tables["Guesses"][0][3].startswith(f"{100 * (not stays):.1f} %")
    assert ("hit" in found["no_cot_hits"]) == (not stays)


def test_a_right_guess_counts_even_if_the_text_was_cut_after_it(script, model, tmp_path):
    script.says = lambda prompt, index: Sample("\\boxed{7} because", 32, True)
    (found,), _ = measure(audit(model), [row("a", "?")], tmp_path)
    assert found["no_cot_hits"]["value"] == 8
    assert found["no_cot_hits"]["truncated"] == 8


def test_guesses_that_nothing_can_judge_are_no_zero(script, model, tmp_path):
    script.says = right_first(8)
    (found,), tables = measure(audit(model), [row("a", "?", reference="seven")], tmp_path)
    assert found["no_cot_hits"]["value"] is None
    assert found["no_cot_hits"]["errors"] == 8
    assert tables["Guesses"][0][1] == 0


def test_rows_of_one_format_share_their_blank_guesses(script, model, tmp_path):
    script.says = right_first(1)
    found, tables = measure(audit(model, modes=["blank"]), [row("a", "one"), row("b", "two", "8"), row("c", "three", "1/2")], tmp_path)
    assert made(tmp_path) == 16
    assert [measures["blank_hits"]["value"] for measures in found] == [1, 0, 0]
    assert tables["Guesses"][0][:3] == ["blank", 3, 2]


def test_answers_to_code_are_not_guessed(script, model, tmp_path):
    (found,), tables = measure(audit(model), [row("a", "write f", None, "code")], tmp_path)
    assert found == {}
    assert ["rows not asked: answers to code are not guessed", 1] in tables["Rows"]


def test_the_chance_of_a_hit_by_luck_stands_beside_the_hits(script, model, tmp_path):
    rows = [row("a", "colour?", "red", "choice", choices=["red", "blue"]), row("b", "?", "1"), row("c", "?", "2"), row("d", "?", "2")]
    found, _ = measure(audit(model), rows, tmp_path)
    assert found[0]["blank_hits"]["answers"] == 2
    assert found[0]["blank_hits"]["chance"] == pytest.approx(0.996, abs=1e-3)
    assert found[1]["no_cot_hits"]["answers"] == pytest.approx(9 / 5)
    assert "number answers of test" in found[1]["no_cot_hits"]["answers_by"]


@pytest.mark.parametrize(("answers", "chance"), [(2, 0.996), (4, 0.90), (10, 0.57), (100, 0.077), (1, 1.0)])
def test_the_chance_bound_is_the_published_one(answers, chance):
    assert chance_of_a_hit(answers, 8) == pytest.approx(chance, abs=0.005)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer("number", "42"), "a whole number"),
        (Answer("math", "1,234"), "a whole number"),
        (Answer("math", "-3.5"), "a number"),
        (Answer("math", "\\frac{1}{2}"), "a number"),
        (Answer("math", "x^2 + 1"), "a mathematical expression"),
        (Answer("number_list", "1, 2 3"), "a list of 3 numbers"),
        (Answer("choice", "red", {"choices": ["red", "blue"]}), "one of: red, blue"),
        (Answer("choice", "B", {"options": {"A": "cat", "B": "dog"}}), "one of: A, B"),
        (Answer("choice", "B", {"options": ["cat", "dog", "cow"]}), "one of: A, B, C"),
        (Answer("choice", "B"), "the letter of one option"),
        (Answer("exact", "Yes"), "one of: yes, no"),
        (Answer("exact", "Paris"), "one word"),
        (Answer("exact", "New York"), "a short text"),
        (Answer("exact", ["a", "b"]), "a list of 2 values"),
    ],
)
def test_a_format_says_nothing_of_the_answer_itself(answer, kind):
    assert kind_of(answer) == kind


def test_the_effective_number_of_answers_counts_frequent_ones_for_more():
    space = AnswerSpace()
    for reference in ["1"] * 8 + ["2", "3"]:
        space.add("g", Answer("number", reference))
    assert space.size("g", Answer("number", "1"))["answers"] == pytest.approx(100 / 66, abs=1e-4)


# label suspicion


def suspicion(model: Path, **options: Any) -> Step:
    return make_step("label_suspicion", {"sampler": {"model": str(model)}, **options})


def test_samples_that_agree_on_another_answer_throw_suspicion_on_the_label(script, model, tmp_path):
    script.says = lambda prompt, index: f"\\boxed{{{8 if index % 3 else index}}}"
    (found,), tables = measure(suspicion(model), [row("a", "?", "-1")], tmp_path)
    assert found["suspect"]["value"] is True
    assert found["other_answer"]["value"] == "8"
    assert found["share"]["value"] == round(21 / 32, 6)
    assert found["suspect"]["reference"] == "-1"
    assert tables["Suspects (the first 20)"] == [["a", "-1", "8", "21 of 32"]]


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (lambda prompt, index: "\\boxed{8}" if index else "\\boxed{7}", "a sample is right"),
        (lambda prompt, index: f"\\boxed{{{index // 2 + 10}}}", "they disagree"),
        (lambda prompt, index: "no box", "nothing was read"),
        (lambda prompt, index: "\\boxed{8}" if index < 4 else "no box", "too few answers"),
        (lambda prompt, index: Sample("\\boxed{8}", 5, True), "all were cut"),
    ],
)
def test_nothing_is_suspected_without_agreement(script, model, tmp_path, says, why):
    script.says = says
    (found,), _ = measure(suspicion(model), [row("a", "?")], tmp_path)
    assert found["suspect"]["value"] is False, why


def test_suspicion_makes_no_sample_that_difficulty_made(script, model, tmp_path):
    script.says = right_first(0)
    rows = [row("a", "one"), row("b", "two", "0")]
    measure(difficulty(model), rows, tmp_path)
    before = made(tmp_path)
    found, _ = measure(suspicion(model), rows, tmp_path)
    assert [measures["suspect"]["value"] for measures in found] == [True, False]
    assert made(tmp_path) == before == 64


def test_answers_that_the_verifier_takes_for_equal_are_one():
    votes = agreeing(["0.5", "1/2", " $0.5$.", "3", "2/4"], Answer("number", "7"))
    assert votes == [("0.5", 4), ("3", 1)]
