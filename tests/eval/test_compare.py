from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from eval.compare import Result, compare, load_result
from eval.samples import SampleRecord
from multimodal.segment import StopReason
from openk15.errors import UserError
from rewards import Status, Verdict


def sample(problem: str, at: int, right: bool | None, tokens: int = 10) -> SampleRecord:
    status = Status.ERROR if right is None else Status.CORRECT if right else Status.WRONG
    verdict = Verdict(status, None if right is None else float(right), f"{problem}-{at}", "", 0.0, "number@1")
    return SampleRecord(problem, at, "text", tokens, StopReason.EOS, verdict, 1)


def result(name: str, rights: Mapping[str, Sequence[bool | None]], tokens: int = 10, **settings: Any) -> Result:
    results = {"fingerprint": "f", "split": "heldout", "blank_images": False, "max_tokens": 160, "temperature": 1.0, **settings}
    samples = tuple(sample(key, at, right, tokens) for key, flags in rights.items() for at, right in enumerate(flags))
    return Result(Path(name), results, samples)


A = {"p1": [True, True], "p2": [True, False], "p3": [False, False], "p4": [False, False]}
B = {"p1": [False, True], "p2": [False, False], "p3": [True, True], "p4": [True, False]}


def test_runs_are_paired_by_problem_with_flips_named():
    found = compare(result("a", A), result("b", dict(reversed(B.items())), tokens=14))
    assert (found.a.value, found.b.value) == (0.375, 0.5)
    assert found.paired.difference.value == pytest.approx((-0.5 - 0.5 + 1.0 + 0.5) / 4)
    assert [flip.problem_id for flip in found.right_to_wrong] == ["p2"]
    assert [flip.problem_id for flip in found.wrong_to_right] == ["p3", "p4"]
    flip = found.right_to_wrong[0]
    assert (flip.score_a, flip.score_b, flip.extracted_a, flip.extracted_b) == (0.5, 0.0, "p2-0", "p2-0")
    assert (found.tokens.value, found.tokens.n) == (4.0, 4)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("key", "value", "what"), [("fingerprint", "g", "data"), ("split", "train", "split"), ("blank_images", True, "blanked")]
)
def test_runs_on_different_questions_are_refused_unless_forced(key: str, value: Any, what: str):
    a, b = result("a", A), result("b", B, **{key: value})
    with pytest.raises(UserError, match=rf"cannot be paired, .*{what}.*{key} is .* in a and {value!r} in b; --force"):
        compare(a, b)
    forced = compare(a, b, force=True)
    assert forced.paired.difference.n == 4
    assert any(note.startswith("forced:") and key in note for note in forced.notes)


def test_runs_on_other_problems_of_one_split_are_refused_and_forced_use_the_common_ones():
    a, b = result("a", A), result("b", {"p3": [True, True], "p4": [False, False], "p9": [True, True]})
    with pytest.raises(UserError, match="2 in both, 2 only in a, 1 only in b"):
        compare(a, b)
    forced = compare(a, b, force=True)
    assert (forced.a.n, forced.only_a, forced.only_b) == (2, 2, 1)


def test_nothing_in_common_is_refused_even_when_forced():
    with pytest.raises(UserError, match="no judged problem in common"):
        compare(result("a", {"p1": [True]}), result("b", {"p2": [True]}), force=True)


def test_a_problem_with_only_errors_in_one_run_is_left_out_and_said():
    found = compare(result("a", A), result("b", {**B, "p4": [None, None]}))
    assert found.paired.difference.n == 3
    assert found.only_a == 1
    assert "1 problems are left out" in found.notes[0]


def test_settings_that_differ_are_noted():
    notes = compare(result("a", A), result("b", B, max_tokens=320, temperature=0.5)).notes
    assert notes == ("max_tokens differs: 160 in A, 320 in B", "temperature differs: 1.0 in A, 0.5 in B")


def test_a_folder_without_results_is_a_user_error(tmp_path: Path):
    with pytest.raises(UserError, match="no such folder"):
        load_result(tmp_path / "none")
    with pytest.raises(UserError, match=r"no results\.json"):
        load_result(tmp_path)
    (tmp_path / "results.json").write_text('{"accuracy": 1}')
    with pytest.raises(UserError, match="no key 'low'"):
        load_result(tmp_path)
