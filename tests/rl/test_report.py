from __future__ import annotations

import dataclasses
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from multimodal.images import encode_png
from openk15.errors import UserError
from rl.report import report_of, write_report
from rl.report_cards import choose, embed, make_card, split_text, views
from rl.report_data import Record, RunData, fold_ledger, load_run, planned_iterations
from rl.report_plots import switches
from rl.report_text import headline, table, tiles, timed_tokens

from .fake_run import FakeRun, decode, make_fake_demo, make_fake_run

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """A page's text, its tags, and whether every tag is closed in order."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def count(self, tag: str, **attributes: str) -> int:
        return sum(
            name == tag and all(attributes[key] in (found.get(key) or "").split() for key in attributes) for name, found in self.tags
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> FakeRun:
    return make_fake_demo(tmp_path_factory.mktemp("demo"), iterations=20)


@pytest.fixture(scope="module")
def html(demo: FakeRun) -> str:
    return write_report(demo.run, demo.run / "report.html", demo.demo, demo.dataset, decode).read_text("utf-8")


@pytest.fixture(scope="module")
def data(demo: FakeRun) -> RunData:
    return load_run(demo.run, demo.demo)


def test_the_page_is_one_well_formed_file_that_needs_nothing_else(html: str) -> None:
    page = Page(html)
    assert page.open == []
    assert page.count("script") == 0
    assert page.count("link") == 0
    for tag, attributes in page.tags:
        for name in ("src", "href", "xlink:href"):
            target = attributes.get(name)
            assert target is None or target.startswith(("data:", "#")), f"<{tag} {name}={target[:60]}>"
    assert not re.search(r"@import|url\((?!#)", html)
    assert len(html) < 3_000_000


def test_ids_are_unique_and_every_reference_has_its_target(html: str) -> None:
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids)) > 100
    used = set(re.findall(r'href="#([^"]*)"', html)) | set(re.findall(r"url\(#([^)]*)\)", html))
    assert used
    assert used <= set(ids)


def test_figures_take_their_colours_from_the_page(html: str) -> None:
    figures = re.findall(r"<svg.*?</svg>", html, flags=re.S)
    assert len(figures) >= 14
    for figure in figures:
        assert "var(--c-ink)" in figure
        assert not re.search(r"(?:fill|stroke): #", figure), "a colour that does not follow light and dark"
        assert "iteration" in figure or ">step<" in figure, "an x axis without a label"
    defined = set(re.findall(r"(--[\w-]+):", html))
    assert set(re.findall(r"var\((--[\w-]+)\)", html)) <= defined


def test_the_same_files_give_the_same_bytes(demo: FakeRun, html: str, tmp_path: Path) -> None:
    assert write_report(demo.run, tmp_path / "again.html", demo.demo, demo.dataset, decode).read_text("utf-8") == html


def test_a_finished_demo_lacks_nothing_and_shows_every_part(html: str, data: RunData) -> None:
    assert data.missing == ()
    page = Page(html)
    assert "What this report lacks" not in page.text
    assert headline(data) in page.text
    for part in ("Before and after", "Why segments ended", "Weight parity", "Warm-up loss", "12 responses of", "rl train rl.yaml"):
        assert part in page.text
    assert "torch 2.13.0+cpu" in page.text
    assert "switch_iteration: 12" in page.text
    assert page.count("article", **{"class": "card"}) == 12
    assert page.count("img", **{"class": "crisp"}) >= 6


def test_the_headline_is_computed_from_the_benchmarks(data: RunData) -> None:
    def bench(accuracy: float, low: float, high: float, tokens: float) -> dict[str, Any]:
        return {
            "accuracy": accuracy, "low": low, "high": high, "n": 400, "samples_per_problem": 4,
            "tokens": tokens, "tokens_low": tokens - 1, "tokens_high": tokens + 1,
        }  # fmt: skip

    rose = dataclasses.replace(data, benches={"warmup": bench(0.41, 0.37, 0.45, 21.0), "rl": bench(0.78, 0.74, 0.81, 44.0)})
    assert headline(rose) == (
        "Held-out accuracy rose from 0.41 [0.37, 0.45] to 0.78 [0.74, 0.81] (400 problems × 4 samples); "
        "responses grew from 21.0 [20.0, 22.0] to 44.0 [43.0, 45.0] tokens."
    )
    flat = dataclasses.replace(data, benches={"warmup": bench(0.41, 0.37, 0.45, 21.0), "rl": bench(0.46, 0.42, 0.50, 21.5)})
    assert "did not measurably change, going from 0.41 [0.37, 0.45] to 0.46 [0.42, 0.50]" in headline(flat)
    assert "responses did not measurably change" in headline(flat)
    fell = dataclasses.replace(data, benches={"warmup": bench(0.78, 0.74, 0.81, 44.0), "rl": bench(0.41, 0.37, 0.45, 21.0)})
    assert "accuracy fell" in headline(fell)
    assert "responses shrank" in headline(fell)


def test_a_benchmark_of_another_run_s_checkpoint_is_left_out_and_said(demo: FakeRun, tmp_path: Path) -> None:
    other = shutil.copytree(demo.run, tmp_path / "other")
    record = json.loads((other / "run.json").read_text())
    record["config"]["out"] = str(other)
    (other / "run.json").write_text(json.dumps(record))
    found = load_run(other, demo.demo)
    assert set(found.benches) == {"warmup"}
    assert found.gain is None
    said = "bench/rl/results.json is of runs/demo/rl/checkpoints/v000040, which is no checkpoint of this run, and is left out."
    assert said in found.missing
    record["config"]["out"] = "runs/demo/rl"  # it was moved
    (other / "run.json").write_text(json.dumps(record))
    assert set(load_run(other, demo.demo).benches) == {"warmup", "rl", "blank"}


def test_without_benchmarks_the_headline_uses_evaluations_then_training(data: RunData) -> None:
    bare = dataclasses.replace(data, benches={})
    assert headline(bare).startswith("Held-out accuracy rose from 0.42 [")
    assert "after iteration 19 (200 problems × 1 sample)" in headline(bare)
    assert headline(dataclasses.replace(bare, evals=())).startswith("Accuracy on training problems")
    assert headline(dataclasses.replace(bare, evals=(), metrics=bare.metrics[:1])) == "1 iteration is done: too few to say what changed."


def test_every_tile_carries_a_count_or_an_interval(data: RunData) -> None:
    found = {tile.label: tile for tile in tiles(data)}
    for tile in found.values():
        assert re.search(r"\d", tile.detail), tile
    trained = data.trained
    several = [record for record in trained if len(record.lengths) > 1]
    assert found["Trained responses of 2+ segments"].value == f"{len(several) / len(trained):.1%}"
    assert f"{len(several):,} of {len(trained):,}" in found["Trained responses of 2+ segments"].detail
    assert found["Weight parity, worst sync"].value == f"{max(row.parity_max_abs or 0 for row in data.metrics):.1e} nats"
    assert data.gain is not None
    assert found["Gain, problem by problem"].value == f"{data.gain.paired.difference.value:+.2f}"
    assert found["Wall time, all stages"].value == "13 min 50 s"


def test_generation_speed_is_of_the_tokens_that_were_timed(data: RunData) -> None:
    rows = [dataclasses.replace(row, generated_tokens=1000, tokens_per_second=100.0, seconds={"rollout": 10.0}) for row in data.metrics[:3]]
    rows[1] = dataclasses.replace(rows[1], tokens_per_second=50.0, seconds={"rollout": 2.0})  # resumed: 900 were sampled before
    rows[2] = dataclasses.replace(rows[2], tokens_per_second=None, seconds={"rollout": 3.0})  # resumed: all were
    assert timed_tokens(rows) == (1100, 12.0)


def test_the_command_names_the_threads_of_the_run(demo: FakeRun, html: str, tmp_path: Path) -> None:
    assert "OMP_NUM_THREADS" not in html, "a record of before they were kept"
    run = tmp_path / "run"
    shutil.copytree(demo.run, run)
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "threads": 3}))
    assert "<pre>OMP_NUM_THREADS=3 rl train rl.yaml</pre>" in write_report(run, tmp_path / "page.html").read_text("utf-8")


def test_the_table_puts_blanked_pictures_beside_chance(data: RunData) -> None:
    rows = {(row.tag, row.value): row for row in table(data.benches)}
    overall, pictures = rows["all", "all problems"], rows["all", "with a picture"]
    assert overall.before is not None
    assert overall.before.accuracy == data.benches["warmup"]["accuracy"]
    assert pictures.blank is not None
    assert pictures.blank.accuracy == data.benches["blank"]["image_accuracy"]["accuracy"]
    assert pictures.chance == 0.12
    assert overall.chance is None
    first = next(row for row in data.benches["rl"]["by_tag"] if row["tag"] == "template")
    after = rows["template", first["value"]].after
    assert after is not None
    assert (after.accuracy, after.low, after.high, after.n) == (first["accuracy"], first["low"], first["high"], first["n"])


def test_a_missing_benchmark_leaves_its_column_unmeasured(data: RunData) -> None:
    rows = table({"rl": data.benches["rl"]})
    assert rows
    assert all(row.before is None and row.blank is None and row.after is not None for row in rows)


@pytest.mark.parametrize("with_decode", [True, False])
def test_a_killed_run_gives_a_page_that_says_what_is_missing(tmp_path: Path, with_decode: bool) -> None:
    fake = make_fake_run(tmp_path / "run", iterations=3, planned=40, torn=True, evals=False)
    out = write_report(fake.run, tmp_path / "report.html", decode=decode if with_decode else None)
    text = Page(out.read_text("utf-8")).text
    assert "The run is not finished: 3 of 40 iterations are done." in text
    assert "metrics.jsonl: its last line was still being written" in text
    assert "ledger.jsonl: its last line was still being written" in text
    assert "No benchmark was given" in text
    assert ("No tokenizer was given" in text) is not with_decode
    assert "12 responses of" in text


def test_an_empty_folder_gives_a_page_too(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    text = Page(write_report(tmp_path / "run", tmp_path / "report.html", tmp_path / "demo").read_text("utf-8")).text
    assert "0 iterations are done: too few to say what changed." in text
    assert "run.json is missing" in text
    assert "bench/warmup/results.json is missing: no numbers for the policy before RL." in text


def test_a_run_of_one_iteration_is_drawn(tmp_path: Path) -> None:
    fake = make_fake_run(tmp_path / "run", iterations=1, planned=9)
    text = Page(write_report(fake.run, tmp_path / "report.html").read_text("utf-8")).text
    assert "1 iteration is done" in text
    assert "Why segments ended" in text


def test_a_run_in_which_nothing_was_measured_is_drawn(tmp_path: Path) -> None:
    fake = make_fake_run(tmp_path / "run", iterations=3, evals=False)
    path = fake.run / "metrics.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    optional = [name for name in rows[0] if "None" in str(load_run(fake.run).metrics[0].__class__.__annotations__[name])]
    assert len(optional) > 10
    path.write_text(
        "".join(json.dumps({**row, **dict.fromkeys(optional), "stops": {}, "verdicts": {}, "seconds": {}}) + "\n" for row in rows)
    )
    text = Page(write_report(fake.run, tmp_path / "report.html").read_text("utf-8")).text
    assert "3 iterations are done: too few to say what changed." in text
    assert "Weight parity" not in text


def test_no_run_folder_and_damaged_files_are_errors_that_name_them(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such run folder"):
        write_report(tmp_path / "nowhere", tmp_path / "report.html")
    fake = make_fake_run(tmp_path / "run", iterations=2)
    ledger = fake.run / "ledger.jsonl"
    ledger.write_text("not json\n" + ledger.read_text())
    with pytest.raises(UserError, match=r"ledger\.jsonl:1: not a JSON object"):
        write_report(fake.run, tmp_path / "report.html")
    ledger.write_text('{"kind":"segment","trajectory":"unknown","index":0,"iteration":0,"segment":{}}\n')
    with pytest.raises(UserError, match=r"ledger\.jsonl:1: row of kind 'segment' does not fit"):
        write_report(fake.run, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_text_of_the_model_is_never_markup(tmp_path: Path) -> None:
    fake = make_fake_run(tmp_path / "run", iterations=2)
    ledger = fake.run / "ledger.jsonl"
    rows = [json.loads(line) for line in ledger.read_text().splitlines()]
    evil = "<script>alert(1)</script>"
    for row in rows:
        if row["kind"] == "verdict":
            row |= {"text": evil, "verdict": {**row["verdict"], "extracted": evil, "reason": evil}}
    ledger.write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = Page(write_report(fake.run, tmp_path / "report.html").read_text("utf-8"))
    assert page.count("script") == 0
    assert page.text.count(evil) >= 24


def test_what_was_not_committed_is_not_called_trained(tmp_path: Path) -> None:
    fake = make_fake_run(tmp_path / "run", iterations=3)
    ledger = fake.run / "ledger.jsonl"
    ledger.write_text("".join(line + "\n" for line in ledger.read_text().splitlines()[:-1]))
    data = load_run(fake.run)
    assert data.committed == 2
    assert [row.iteration for row in data.metrics] == [0, 1]
    assert "Iteration 2 was measured but not committed (the run was killed in between) and is left out." in data.missing
    assert {record.trained for record in data.trained} == {0, 1}


def test_cards_are_spread_over_what_matters_and_do_not_depend_on_order(data: RunData, demo: FakeRun) -> None:
    templates = {problem.id: problem.tags["template"] for problem in demo.dataset.problems}

    def kind(record: Record) -> str:
        return templates[record.problem]

    cards = choose(data.records, kind)
    assert len(cards) == 12
    assert cards == choose(data.records[::-1], kind)
    assert 4 <= sum((card.verdict or {})["status"] == "correct" for card in cards) <= 8
    assert 4 <= sum(len(card.lengths) > 1 for card in cards) <= 8
    assert len({kind(card) for card in cards}) == 6
    assert {card.finished * 3 // 20 for card in cards} == {0, 1, 2}
    assert len({card.problem for card in cards}) >= 10


def test_segments_of_a_card_join_to_the_judged_text(data: RunData, demo: FakeRun) -> None:
    several = [record for record in data.records if len(record.lengths) > 1 and record.verdict is not None]
    assert len(several) > 100
    for record in several[:100]:
        card = make_card(record, views(demo.dataset), decode)
        assert "".join(piece.text or "" for piece in card.pieces) == record.text
        assert card.note is None
        assert [piece.iteration for piece in card.pieces] == list(record.iterations)


def test_a_segment_that_ends_inside_a_character_hands_it_on() -> None:
    assert split_text([list("a — b".encode())[:4], list("a — b".encode())[4:]], decode) == ["a ", "— b"]
    assert split_text([[0xFF], [0x61]], decode) == ["", "�a"]


def test_a_text_other_than_the_judged_one_is_noted(data: RunData) -> None:
    record = next(record for record in data.records if record.verdict is not None)
    card = make_card(dataclasses.replace(record, text="something else"), views(None), decode)
    assert card.note == "The segments decode to another text than the one that was judged."


def test_small_pictures_are_enlarged_by_a_whole_factor_and_large_ones_shrunk() -> None:
    small = embed(encode_png(Image.new("RGB", (28, 28))), "small")
    assert (small.width, small.height, small.crisp) == (168, 168, True)
    large = embed(encode_png(Image.new("RGB", (2000, 1000))), "large")
    assert (large.width, large.height, large.crisp) == (640, 320, False)
    with pytest.raises(UserError, match="broken picture: not a picture"):
        embed(b"GIF89a...", "broken picture")


def test_switches_are_found_where_the_run_changed(data: RunData) -> None:
    assert switches(data.metrics) == [(11.5, "hard problems"), (15.5, "length reward × 0.2")]


def test_planned_iterations_are_found_at_the_outermost_level() -> None:
    assert planned_iterations({"a": {"iterations": 3}, "iterations": 7}) == 7
    assert planned_iterations({"a": {"b": 1}, "loop": {"iterations": 3}}) == 3
    assert planned_iterations({"steps": 3}) is None
    assert planned_iterations(None) is None


def test_a_response_whose_budget_ended_at_the_greatest_length_is_shown_as_out_of_room() -> None:
    segment = {"token_ids": [1, 2], "logprobs": [0.0, 0.0], "version": 0, "seed": 1, "stop": "budget"}
    rows = [
        {"kind": "start", "trajectory": "a", "problem": "p", "sample": 0, "iteration": 0},
        {"kind": "segment", "trajectory": "a", "index": 0, "iteration": 0, "segment": segment},
        {"kind": "segment", "trajectory": "a", "index": 1, "iteration": 1, "segment": segment},
    ]
    assert fold_ledger(rows, "ledger")[0][0].stops == ("budget", "budget")
    verdict = {"kind": "verdict", "trajectory": "a", "iteration": 1, "text": "", "verdict": {"status": "wrong"}}
    assert fold_ledger([*rows, verdict], "ledger")[0][0].stops == ("budget", "context")


def test_a_run_whose_dataset_and_policy_are_gone_has_a_report(demo: FakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = shutil.copytree(demo.run, tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    record["config"]["split"] = "train"
    (run / "run.json").write_text(json.dumps(record))
    monkeypatch.chdir(tmp_path)  # data and policy are relative
    text = Page(report_of(run, tmp_path / "page.html", None).read_text("utf-8")).text
    assert "No dataset was given or found: responses are shown without question and picture." in text
    assert "No tokenizer was given or found" in text


def test_the_folder_of_a_warm_up_has_no_report(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"config": {"policy": null, "data": "runs/demo/data", "steps": 3}}')
    with pytest.raises(UserError, match=r"run\.json: no run of `rl train`"):
        report_of(tmp_path, tmp_path / "report.html", None)
