import asyncio
import random

import numpy as np
import pytest

from eval.runner import evaluate, summarise
from eval.samples import SampleRecord, read_samples, write_samples
from multimodal.images import decode_image
from multimodal.segment import Segment, StopReason
from openk15.errors import GuardError, RunError, UserError
from openk15.seeds import derive_seed
from rewards import Status, Verdict, registry

RIGHT = {"sum 2+2": "\\boxed{4}", "sum 3+3": "\\boxed{6}", "count dots": "\\boxed{9}"}


def answers(text: str, seed: int) -> tuple[str, StopReason]:
    return RIGHT[text], StopReason.EOS


def run(engine, processor, problems, images=None, **settings):
    defaults = {"samples": 2, "max_tokens": 50, "seed": 0}
    return asyncio.run(evaluate(engine, processor, problems, images or {}, **{**defaults, **settings}))


@pytest.fixture
def problems(problem_of):
    return [problem_of("sum 2+2", "4"), problem_of("sum 3+3", "6", grade=2), problem_of("count dots", "7", grade=10)]


def record(problem_id: str, sample: int, status: Status, tokens: int = 10, stop: StopReason = StopReason.EOS) -> SampleRecord:
    score = {Status.ERROR: None, Status.CORRECT: 1.0}.get(status, 0.0)
    return SampleRecord(problem_id, sample, "text", tokens, stop, Verdict(status, score, None, "because", 0.0, "number@1"), 1)


def test_every_problem_gets_k_judged_samples_in_the_given_order(engine_of, processor, problems):
    engine = engine_of(answers)
    records = run(engine, processor, problems, samples=3)
    assert [(r.problem_id, r.sample) for r in records] == [(p.id, sample) for p in problems for sample in range(3)]
    assert [r.verdict.status for r in records] == [Status.CORRECT] * 6 + [Status.WRONG] * 3
    assert all(r.tokens == len(r.response) for r in records)
    assert {(call.prefix, call.budget) for call in engine.calls} == {((), 50)}


def test_a_prompt_is_processed_once_for_all_its_samples(engine_of, processor, problems):
    run(engine_of(answers), processor, problems, samples=8)
    assert processor.calls == len(problems)


def test_seeds_are_distinct_and_do_not_depend_on_order_or_company(engine_of, processor, problems):
    engine = engine_of(answers)
    records = run(engine, processor, problems, samples=4, seed=3)
    seeds = {(r.problem_id, r.sample): r.seed for r in records}
    assert len(set(seeds.values())) == 12
    assert seeds[problems[0].id, 1] == derive_seed("eval", 3, problems[0].id, 1)
    assert sorted(call.seed for call in engine.calls) == sorted(seeds.values())
    shuffled = list(problems)
    random.Random(1).shuffle(shuffled)
    fewer = run(engine_of(answers), processor, shuffled[:2], samples=2, seed=3)
    assert len(fewer) == 4
    assert all(seeds[r.problem_id, r.sample] == r.seed for r in fewer)
    assert not set(seeds.values()) & {r.seed for r in run(engine_of(answers), processor, problems, samples=4, seed=4)}


def test_samples_run_at_once_but_not_more_than_allowed(engine_of, processor, problems):
    wide, narrow = engine_of(answers), engine_of(answers)
    assert len(run(wide, processor, problems, samples=4)) == len(run(narrow, processor, problems, samples=4, in_flight=3)) == 12
    assert wide.most_running == 12
    assert narrow.most_running == 3


def test_blanked_pictures_reach_the_engine_grey_and_of_the_same_size(engine_of, processor, problem_of, picture):
    name, data = picture
    problem = problem_of("count dots", "9", image=name)
    seeing, blind = engine_of(answers), engine_of(answers)
    run(seeing, processor, [problem], {name: data})
    run(blind, processor, [problem], {name: data}, blank=True)
    assert all(call.images == (data,) for call in seeing.calls)
    assert len(blind.calls) == 2
    for call in blind.calls:
        pixels = np.asarray(decode_image(call.images[0]))
        assert pixels.shape == np.asarray(decode_image(data)).shape == (20, 30, 3)
        assert np.unique(pixels).tolist() == [128]
    assert [call.seed for call in seeing.calls] == [call.seed for call in blind.calls]


def test_a_failing_verifier_is_an_error_left_out_of_the_mean(engine_of, processor, problem_of, monkeypatch):
    class Broken:
        version = "1"

        def verify(self, response, answer):
            raise RuntimeError("disk full")

    registry.names()
    monkeypatch.setitem(registry._REGISTRY, "broken", Broken())
    problems = [problem_of("sum 2+2", "4"), problem_of("sum 3+3", "6", verifier="broken"), problem_of("count dots", "7")]
    records = run(engine_of(answers), processor, problems)
    summary = summarise(records, problems)
    assert [r.verdict.status for r in records if r.problem_id == problems[1].id] == [Status.ERROR] * 2
    assert summary.accuracy.value == 0.5
    assert (summary.accuracy.n, summary.problems) == (2, 3)
    assert summary.verdicts["error"] == 2
    assert summary.error_rate == pytest.approx(1 / 3)


def test_an_error_beside_a_verdict_does_not_lower_the_problems_score(problem_of):
    problem = problem_of("sum 2+2", "4")
    summary = summarise([record(problem.id, 0, Status.CORRECT), record(problem.id, 1, Status.ERROR)], [problem])
    assert (summary.accuracy.value, summary.accuracy.n) == (1.0, 1)


def test_only_errors_is_no_accuracy_at_all(problem_of):
    problem = problem_of("sum 2+2", "4")
    with pytest.raises(RunError, match=r"all 2 verdicts are errors.*because"):
        summarise([record(problem.id, sample, Status.ERROR) for sample in range(2)], [problem])


def test_cut_responses_count_as_truncated_and_ended_ones_do_not(engine_of, processor, problems):
    stops = {"sum 2+2": StopReason.BUDGET, "sum 3+3": StopReason.CONTEXT, "count dots": StopReason.REPEAT}
    records = run(engine_of(lambda text, seed: (RIGHT[text], stops[text])), processor, problems)
    summary = summarise(records, problems)
    assert summary.truncation.value == pytest.approx(2 / 3)
    assert summary.truncation.n == 3
    assert summary.stops == {"eos": 0, "budget": 2, "repeat": 2, "context": 2, "abort": 0}


def test_an_aborted_generation_is_an_error_not_a_wrong_answer(engine_of, processor, problems):
    records = run(engine_of(lambda text, seed: ("", StopReason.ABORT)), processor, problems[:1])
    assert [r.verdict.status for r in records] == [Status.ERROR] * 2
    assert "aborted" in records[0].verdict.reason


def test_another_weight_version_than_asked_for_is_refused(engine_of, processor, problems):
    assert len(run(engine_of(answers, version=5), processor, problems, version=5)) == 6
    with pytest.raises(GuardError, match="weight version 5: the engine answered with version 4"):
        run(engine_of(answers, version=4), processor, problems, version=5)


def test_an_engine_failure_is_raised_as_it_is_and_stops_the_rest(engine_of, processor, problems):
    class Failing(engine_of):
        async def extend(self, prompt, prefix, budget, seed) -> Segment:
            if len(self.calls) == 2:
                raise RunError("engine died")
            return await super().extend(prompt, prefix, budget, seed)

    engine = Failing(answers)
    with pytest.raises(RunError, match="engine died"):
        run(engine, processor, problems, samples=50, in_flight=2)
    assert len(engine.calls) < 10


def test_a_missing_picture_is_a_user_error_naming_it(engine_of, problem_of, picture):
    class Strict:
        def prompt(self, messages, images):
            raise UserError(f"image {messages[0].images[0]} is not in the dataset; had {len(images)}")

    problem = problem_of("count dots", "9", image=picture[0])
    with pytest.raises(UserError, match=picture[0]):
        run(engine_of(answers), Strict(), [problem], {}, blank=True)


def test_a_problem_given_twice_is_refused(engine_of, processor, problems):
    with pytest.raises(UserError, match=f"problem {problems[0].id} is in the list 2 times"):
        run(engine_of(answers), processor, [*problems, problems[0]])


def test_each_record_is_announced_as_it_is_made(engine_of, processor, problems):
    seen: list[SampleRecord] = []
    records = run(engine_of(answers), processor, problems, on_sample=seen.append)
    assert sorted(seen, key=lambda r: (r.problem_id, r.sample)) == sorted(records, key=lambda r: (r.problem_id, r.sample))


def test_accuracy_is_the_mean_of_problem_means_with_rows_by_tag(problems):
    first, second, third = (problem.id for problem in problems)
    C, W, U = Status.CORRECT, Status.WRONG, Status.UNPARSED
    records = [
        record(first, 0, C, 10), record(first, 1, C, 20), record(second, 0, C, 30), record(second, 1, W, 50),
        record(third, 0, W, 100), record(third, 1, U, 200),
    ]  # fmt: skip
    summary = summarise(records, problems)
    assert summary.accuracy.value == 0.5
    assert summary.tokens.value == pytest.approx((15 + 40 + 150) / 3)
    assert summary.samples_per_problem == 2
    assert summary.tokens_right is not None
    assert summary.tokens_wrong is not None
    assert (summary.tokens_right.value, summary.tokens_right.n) == (pytest.approx((15 + 30) / 2), 2)
    assert (summary.tokens_wrong.value, summary.tokens_wrong.n) == (pytest.approx((50 + 150) / 2), 2)
    rows = {(row.tag, row.value): row for row in summary.by_tag}
    assert [value for tag, value in rows if tag == "grade"] == ["1", "2", "10"]
    assert {tag for tag, _ in rows} == {"template", "source", "modality", "grade"}
    sums = rows["template", "sum"]
    assert sums.accuracy is not None
    assert (sums.accuracy.value, sums.accuracy.n, sums.tokens.value) == (0.75, 2, pytest.approx(27.5))
    assert summary.image_accuracy is None


def test_image_accuracy_is_over_problems_with_a_picture_only(problem_of, picture):
    problems = [problem_of("sum 2+2", "4"), problem_of("count dots", "9", image=picture[0])]
    summary = summarise([record(problems[0].id, 0, Status.CORRECT), record(problems[1].id, 0, Status.WRONG)], problems)
    assert summary.image_accuracy is not None
    assert (summary.image_accuracy.value, summary.image_accuracy.n) == (0.0, 1)


def test_records_that_do_not_fit_the_problems_are_refused(problems):
    first, second, _ = (problem.id for problem in problems)
    with pytest.raises(ValueError, match="same number of samples"):
        summarise([record(first, 0, Status.CORRECT), record(first, 1, Status.CORRECT), record(second, 0, Status.WRONG)], problems[:2])
    with pytest.raises(ValueError, match="not among the 1 problems"):
        summarise([record(second, 0, Status.CORRECT)], problems[:1])


def test_samples_come_back_from_their_file_as_they_were(tmp_path, engine_of, processor, problems):
    records = run(engine_of(answers), processor, problems)
    path = tmp_path / "samples.jsonl"
    write_samples(path, records)
    assert read_samples(path) == records


def test_a_damaged_sample_file_names_the_line(tmp_path):
    path = tmp_path / "samples.jsonl"
    write_samples(path, [record("p", 0, Status.CORRECT)])
    path.write_text(path.read_text() + '{"problem_id": "q"}\n')
    with pytest.raises(UserError, match=r"samples.jsonl:2: not a sample record"):
        read_samples(path)
