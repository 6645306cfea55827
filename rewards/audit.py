"""What does a dataset pay to those who solve nothing? In: prompts with answers. Out: `AuditReport`.

    folder of `data_recipes build` ─┐
    prompts.jsonl ──────────────────┴▶ prompts ─▶ every policy's response ─▶ verifiers ─▶ who is paid, by policy, verifier, tag

A JSON line is {"id", "prompt", "answer": {"verifier", ...}} or {"id", "prompt", "gold"} with a verifier named by the
caller. Paid means judged correct; a graded score below that is reported as the mean score. What a hack with a number
in it earns where that bare number is right is chance: it is reported, and counts neither as hacked nor for the gate.
The chance floor is the best guess's share of all prompts, those it cannot be played on being unpaid: a reward curve
over the same prompts shows nothing below it. Most frequent answers are taken from the very prompts they are played
against, so their share leans upwards, the more the fewer prompts there are.
"""

from __future__ import annotations

import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openk15.errors import UserError
from openk15.files import numbered_jsonl, read_json
from openk15.seeds import digest
from rewards.intervals import Mean, Share
from rewards.policies import Kind, Policy, Prompt, policies
from rewards.pool import RewardPool
from rewards.registry import get
from rewards.scoring import answer_of
from rewards.verdict import Answer, Status

TAGS = ("source", "domain", "discipline", "question_type", "template", "modality", "language", "grade")
FORM = '{"id", "prompt", "answer": {"verifier", "reference"}}, or {"id", "prompt", "gold"} with --verifier'


@dataclass
class PolicyResult:
    """What one policy earned."""

    policy: Policy
    played: int = 0
    paid: list[str] = field(default_factory=list)  # ids of prompts
    by_chance: set[str] = field(default_factory=set)  # those of them that pay the bare number in a hack as well
    scores: Mean = field(default_factory=Mean)
    errors: int = 0
    by_verifier: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))  # paid, judged
    by_tag: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    @property
    def share(self) -> Share:
        return Share(len(self.paid), self.played - self.errors)

    @property
    def unearned(self) -> list[str]:
        """Prompts that pay what nobody could be right with by chance."""
        return [key for key in self.paid if key not in self.by_chance]

    @property
    def unearned_share(self) -> Share:
        return Share(len(self.unearned), self.played - self.errors)

    def to_dict(self) -> dict[str, Any]:
        return {
            "policy": self.policy.name,
            "kind": str(self.policy.kind),
            **self.share.to_dict(),
            "errors": self.errors,
            "mean_score": self.scores.to_dict(),
            "by_verifier": {name: Share(*found).to_dict() for name, found in sorted(self.by_verifier.items())},
            "by_tag": {f"{tag}={value}": Share(*found).to_dict() for (tag, value), found in sorted(self.by_tag.items())},
            "paid": self.paid,
            "paid_by_chance": [key for key in self.paid if key in self.by_chance],
        }


@dataclass(frozen=True)
class AuditReport:
    dataset: str
    prompts: tuple[Prompt, ...]
    results: tuple[PolicyResult, ...]  # paid by most of all prompts first
    causes: Mapping[str, int]  # of verdicts that are errors of ours, or bad references
    places: Mapping[str, str]  # the first prompt of each cause

    def of(self, kind: Kind) -> list[PolicyResult]:
        return [result for result in self.results if result.policy.kind is kind and result.played]

    def of_all(self, result: PolicyResult) -> Share:
        """What it earns over the whole set: one prompt that happens to suit it is not half of a dataset."""
        return _of_all(result, len(self.prompts))

    @property
    def floor(self) -> PolicyResult | None:
        """The best guess."""
        return next(iter(self.of(Kind.GUESS)), None)

    @property
    def hacked(self) -> dict[str, list[str]]:
        """Prompts that pay a hack, with the hacks they pay."""
        found: dict[str, list[str]] = {}
        for result in self.of(Kind.HACK):
            for key in result.unearned:
                found.setdefault(key, []).append(result.policy.name)
        return found

    def to_dict(self) -> dict[str, Any]:
        return {
            "dataset": self.dataset,
            "prompts": len(self.prompts),
            "chance_floor": self.of_all(self.floor).to_dict() | {"policy": self.floor.policy.name} if self.floor else None,
            "hacked": self.hacked,
            "causes": {cause: {"count": count, "first": self.places[cause]} for cause, count in self.causes.items()},
            "policies": [result.to_dict() for result in self.results],
        }


def _of_all(result: PolicyResult, prompts: int) -> Share:
    return Share(len(result.paid), prompts - result.errors)


# -- reading -----------------------------------------------------------------------------------------------------


def read_prompts(
    source: Path, *, split: str = "train", verifier: str | None = None, params: Mapping[str, Any] | None = None, limit: int | None = None
) -> list[Prompt]:
    """Prompts of a built folder's split or of a JSON-lines file; `limit` keeps a fixed choice by id."""
    read = _folder_prompts(source, split) if source.is_dir() else _file_prompts(source, verifier, params or {})
    prompts = list(read)
    if not prompts:
        raise UserError(f"{source}: holds no prompt")
    if limit is not None and limit < len(prompts):
        kept = set(sorted(range(len(prompts)), key=lambda at: digest(prompts[at].id))[:limit])
        prompts = [prompt for at, prompt in enumerate(prompts) if at in kept]
    return prompts


def _file_prompts(path: Path, verifier: str | None, params: Mapping[str, Any]) -> Iterator[Prompt]:
    seen: dict[str, int] = {}  # every figure is by id
    for number, row in numbered_jsonl(path):
        try:
            text, tags = row["prompt"], row.get("tags") or {}
            if not isinstance(text, str) or not isinstance(tags, Mapping):
                raise TypeError("prompt must be text and tags an object")
            prompt = Prompt(str(row["id"]), text, answer_of(row, verifier, params), {str(key): str(tags[key]) for key in tags})
        except KeyError as error:
            raise UserError(f"{path}:{number}: no {error.args[0]!r}; a row is {FORM}") from None
        except (TypeError, ValueError) as error:
            raise UserError(f"{path}:{number}: {error}; a row is {FORM}") from None
        if (first := seen.setdefault(prompt.id, number)) != number:
            raise UserError(f"{path}:{number}: id {prompt.id!r} stands in line {first} already; every prompt has its own")
        yield prompt


def _folder_prompts(folder: Path, split: str) -> Iterator[Prompt]:
    """Rows of a built dataset: columns id, messages, answer and tags are JSON text; pictures are read for their size alone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise UserError(f"{folder}: no manifest.json; expected a folder that `data_recipes build` wrote, or a JSON-lines file")
    splits = (read_json(manifest) or {}).get("splits") or {}
    if split not in splits:
        raise UserError(f"{folder}: has no split {split!r}; it has {', '.join(sorted(splits)) or 'none'}")
    for name in sorted(splits[split].get("files") or {}):
        path = folder / name
        try:
            with pq.ParquetFile(path) as table:
                for batch in table.iter_batches(batch_size=256):
                    for row in batch.to_pylist():
                        yield _folder_prompt(row, path)
        except FileNotFoundError:
            raise UserError(f"{path}: the manifest names this file but it is missing; rebuild the dataset") from None
        except (pa.ArrowInvalid, OSError) as error:
            raise UserError(f"{path}: truncated or not parquet ({' '.join(str(error).split())[:120]}); rebuild the dataset") from None


def _folder_prompt(row: dict[str, Any], path: Path) -> Prompt:
    try:
        messages = json.loads(row["messages"])
        text = "\n".join(part["text"] for message in messages for part in message["parts"] if part.get("text"))
        answer = Answer.from_dict(json.loads(row["answer"]))
        get(answer.verifier)
        tags = {key: str(value) for key, value in json.loads(row["tags"]).items()}
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: record {row.get('id')}: {type(error).__name__}: {error}; rebuild the dataset") from None
    return Prompt(str(row["id"]), text, answer, tags, _size(row.get("images")))


def _size(images: Any) -> tuple[int, int] | None:
    if not images or not isinstance(images[0], Mapping) or not images[0].get("bytes"):
        return None
    from PIL import Image

    try:
        with Image.open(io.BytesIO(images[0]["bytes"])) as picture:
            return picture.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


# -- playing -----------------------------------------------------------------------------------------------------


def run_audit(
    prompts: Sequence[Prompt], pool: RewardPool, *, dataset: str, advance: Callable[[int, int], None] = lambda done, total: None
) -> AuditReport:
    """Play every policy against every prompt it applies to."""
    results = [PolicyResult(policy) for policy in policies(prompts)]
    causes: Counter[str] = Counter()
    places: dict[str, str] = {}
    open_plays: list[tuple[PolicyResult, Prompt]] = []

    def items() -> Iterator[tuple[str, Answer]]:
        for result in results:
            for prompt in prompts:
                response = result.policy.play(prompt)
                if response is not None:
                    open_plays.append((result, prompt))
                    yield response, prompt.answer

    total = len(results) * len(prompts)
    for at, verdict in enumerate(pool.stream(items())):
        result, prompt = open_plays[at]
        result.played += 1
        if verdict.status is Status.ERROR:
            result.errors += 1
            cause = f"{verdict.verifier}: {verdict.reason}"[:200]
            causes[cause] += 1
            places.setdefault(cause, prompt.id)
        else:
            paid = verdict.status is Status.CORRECT
            result.scores.add(verdict.score or 0.0)
            groups = [result.by_verifier[verdict.verifier], *(result.by_tag[tag, prompt.tags[tag]] for tag in TAGS if tag in prompt.tags)]
            for found in groups:
                found[0] += paid
                found[1] += 1
            if paid:
                result.paid.append(prompt.id)
        advance(at + 1, total)
    by_name = {result.policy.name: result for result in results}
    for result in results:
        if result.policy.bare is not None:
            result.by_chance = set(result.paid) & set(by_name[result.policy.bare].paid)
    results.sort(key=lambda result: (-(_of_all(result, len(prompts)).value or 0.0), result.policy.name))
    return AuditReport(dataset, tuple(prompts), tuple(results), causes, places)


# -- writing -----------------------------------------------------------------------------------------------------


def audit_text(report: AuditReport, *, examples: int = 5) -> str:
    """The report as Markdown."""
    floor, hacked = report.floor, report.hacked
    lines = [
        f"# What {report.dataset} pays for nothing",
        "",
        f"{len(report.prompts)} prompts. Shares with 95 % Wilson intervals; in the tables, of the prompts that a policy can be played on.",
        "",
        f"- Chance floor, over all prompts: {report.of_all(floor)}, by `{floor.policy.name}`." if floor else "- No guess applies.",
        f"- Prompts that pay a response which says nothing or everything: {Share(len(hacked), len(report.prompts))}.",
    ]
    if report.causes:
        lines.append(f"- Verdicts that are errors, in no share: {sum(report.causes.values())}")
        for cause, count in Counter(report.causes).most_common(5):
            lines.append(f"  - {count} x {_cell(cause)}; the first at prompt {_cell(report.places[cause])}")
    for kind, title in ((Kind.HACK, "Hacks: must earn nothing"), (Kind.GUESS, "Guesses: the chance floor")):
        results = report.of(kind)
        paid = [result for result in results if result.paid or result.scores.total]
        lines += ["", f"## {title}", ""]
        if paid:
            lines += ["| policy | paid | mean score | where most | prompts that pay |", "| --- | --- | --- | --- | --- |"]
            lines += [_policy_row(result, examples) for result in paid]
            lines.append("")
        unpaid = [f"{result.policy.name} ({result.share.n})" for result in results if result not in paid and result.share.n]
        if unpaid:
            lines.append(f"Earned nothing (on how many prompts): {', '.join(unpaid)}.")
        failed = [result.policy.name for result in results if not result.share.n]
        if failed:
            lines.append(f"Nothing but errors, so nothing is known of: {', '.join(failed)}.")
    idle = [result.policy.name for result in report.results if not result.played]
    if idle:
        lines += ["", f"Not played, nothing to play them on: {', '.join(idle)}."]
    return "\n".join(lines) + "\n"


def _policy_row(result: PolicyResult, examples: int) -> str:
    groups = {**{f"{tag}={value}": Share(*found) for (tag, value), found in result.by_tag.items()}}
    groups = groups or {name: Share(*found) for name, found in result.by_verifier.items()}
    large = [(share.interval[0], name, share) for name, share in groups.items() if share.count]
    where = ", ".join(f"{name}: {share}" for _, name, share in sorted(large, key=lambda one: (-one[0], one[1]))[:2])
    shown = ", ".join(key[:16] for key in result.paid[:examples]) + (", …" if len(result.paid) > examples else "")
    mean = str(result.scores) if result.scores.graded else "as paid"
    chance = f"; {len(result.by_chance)} of them as `{result.policy.bare}` would be" if result.by_chance else ""
    return f"| {result.policy.name} | {result.share}{chance} | {mean} | {_cell(where)} | {_cell(shown)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").encode("utf-8", "replace").decode()
