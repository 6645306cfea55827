"""The seed-model loop for tasks that no verifier can judge: question answering, writing, text processing (section 2.5.2, K10).

    prompts.jsonl ─▶ responses.jsonl ─▶ ranking.jsonl ─▶ refined.jsonl ─▶ examples.jsonl
                 seed model       ranker or person   refiner or person

Each arrow is one method; it does what is not done yet and may be killed at any time. A person takes the place of a
ranker or refiner by an exported sheet: one JSON object a line, of which one key is filled in, and imported again.
What could not be done (a judge's reply that cannot be read) is reported and left open; it is never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openk15.errors import UserError
from openk15.files import AppendLog, atomic_write_text, read_jsonl
from openk15.seeds import digest

PERSON = "person"


@dataclass(frozen=True, slots=True)
class SeedPrompt:
    """What is asked, and which category of the mixture it belongs to."""

    text: str
    category: str = "general_qa"

    @property
    def id(self) -> str:
        return digest("seed prompt", self.text)


@dataclass(frozen=True, slots=True)
class Fault:
    """A prompt that a ranker or refiner could not deal with, and why."""

    prompt: str
    reason: str


Responder = Callable[[Sequence[SeedPrompt]], Iterable[Sequence[str]]]  # several responses for each prompt, in order
Ranker = Callable[[SeedPrompt, Sequence[str]], Sequence[int]]  # indices, best first; ValueError when it cannot tell
Refiner = Callable[[SeedPrompt, str], str]  # a better version of the top response; ValueError when there is none


class SeedLoop:
    """The state of one loop in `folder`; everything that is known is in its files."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add_prompts(self, prompts: Iterable[SeedPrompt]) -> int:
        """How many were new; a prompt that is already there is not added again."""
        known = dict(self.prompts())
        log = AppendLog(self.folder / "prompts.jsonl")
        added = 0
        for prompt in prompts:
            if not prompt.text.strip():
                raise UserError(f"{self.folder}: an empty prompt (category {prompt.category}); give its text")
            if prompt.id not in known:
                known[prompt.id] = prompt
                log.append({"prompt": prompt.id, "category": prompt.category, "text": prompt.text})
                added += 1
        log.close()
        return added

    def prompts(self) -> Iterator[tuple[str, SeedPrompt]]:
        for row in self._rows("prompts"):
            yield row["prompt"], SeedPrompt(row["text"], row["category"])

    def respond(self, responder: Responder) -> list[Fault]:
        """Let the seed model answer every prompt that has no responses yet."""
        done = self._by_prompt("responses")
        waiting = [prompt for key, prompt in self.prompts() if key not in done]
        faults: list[Fault] = []
        log = AppendLog(self.folder / "responses.jsonl")
        for prompt, responses in zip(waiting, responder(waiting), strict=True):
            texts = list(responses)
            if texts:
                log.append({"prompt": prompt.id, "responses": texts})
            else:
                faults.append(Fault(prompt.id, "the seed model gave no whole response"))
        log.close()
        return faults

    def rank(self, ranker: Ranker, by: str = "model") -> list[Fault]:
        """Order the responses of every prompt that is not ranked yet; `by` is kept with the order."""
        return self._advance("responses", "ranking", lambda prompt, row: {"order": list(ranker(prompt, row["responses"])), "by": by})

    def refine(self, refiner: Refiner, by: str = "model") -> list[Fault]:
        """Refine the top response of every ranked prompt that is not refined yet."""
        top = self._top()
        return self._advance("ranking", "refined", lambda prompt, row: {"text": refiner(prompt, top(row)), "by": by})

    def export_ranking(self, sheet: Path) -> int:
        """What is still to rank. A person writes the numbers of the responses, best first, into `order`: [2, 0, 1]."""
        return self._export("responses", "ranking", sheet, lambda row: {"responses": dict(enumerate(row["responses"])), "order": []})

    def import_ranking(self, sheet: Path) -> int:
        """Read a filled-in sheet; rows whose `order` is still empty stay open. How many were taken."""
        return self._import("responses", "ranking", sheet, "order")

    def export_refinement(self, sheet: Path) -> int:
        """What is still to refine. A person edits `text`, which holds the top response, and sets `done` to true."""
        top = self._top()
        return self._export("ranking", "refined", sheet, lambda row: {"text": top(row), "done": False})

    def import_refinement(self, sheet: Path) -> int:
        return self._import("ranking", "refined", sheet, "text")

    def examples(self) -> Iterator[dict[str, Any]]:
        """Final examples in the order of the prompts: question, answer, category, who ranked and who refined."""
        ranking, refined = self._by_prompt("ranking"), self._by_prompt("refined")
        for key, prompt in self.prompts():
            if key in refined:
                who = {"ranked_by": ranking[key]["by"], "refined_by": refined[key]["by"]}
                yield {"id": key, "question": prompt.text, "answer": refined[key]["text"], "category": prompt.category, **who}

    def write_examples(self, path: Path) -> int:
        """A file for the `jsonl` source; whole or not at all."""
        rows = list(self.examples())
        atomic_write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return len(rows)

    def progress(self) -> dict[str, int]:
        return {state: len(self._by_prompt(state)) for state in ("prompts", "responses", "ranking", "refined")}

    def _top(self) -> Callable[[Mapping[str, Any]], str]:
        """A ranked row -> its best response."""
        responses = self._by_prompt("responses")
        return lambda ranked: responses[ranked["prompt"]]["responses"][ranked["order"][0]]

    def _rows(self, state: str) -> Iterator[dict[str, Any]]:
        path = self.folder / f"{state}.jsonl"
        if path.exists():
            AppendLog(path).close()  # cuts a torn last line
            yield from read_jsonl(path)

    def _by_prompt(self, state: str) -> dict[str, dict[str, Any]]:
        return {row["prompt"]: row for row in self._rows(state)}

    def _open(self, before: str, after: str) -> list[tuple[SeedPrompt, dict[str, Any]]]:
        ready, done = self._by_prompt(before), self._by_prompt(after)
        return [(prompt, ready[key]) for key, prompt in self.prompts() if key in ready and key not in done]

    def _advance(self, before: str, after: str, make: Callable[[SeedPrompt, dict[str, Any]], dict[str, Any]]) -> list[Fault]:
        faults: list[Fault] = []
        log = AppendLog(self.folder / f"{after}.jsonl")
        for prompt, row in self._open(before, after):
            try:
                made = make(prompt, row)
                _check(after, made, row)
            except UserError:  # about the setting (a model folder that is none), not about this prompt
                raise
            except ValueError as error:
                faults.append(Fault(prompt.id, str(error)))
                continue
            log.append({"prompt": prompt.id, "of": _content(row), **made})
        log.close()
        return faults

    def _export(self, before: str, after: str, sheet: Path, fill: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
        rows = [{"prompt": prompt.id, "asked": prompt.text, "of": _content(row), **fill(row)} for prompt, row in self._open(before, after)]
        atomic_write_text(sheet, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return len(rows)

    def _import(self, before: str, after: str, sheet: Path, key: str) -> int:
        ready, done = self._by_prompt(before), self._by_prompt(after)
        taken: list[dict[str, Any]] = []
        for number, row in enumerate(read_jsonl(sheet), 1):
            where, prompt = f"{sheet}:{number}", row.get("prompt")
            if prompt not in ready:
                raise UserError(f"{where}: prompt {prompt!r} is none of this loop's; import a sheet that was exported from {self.folder}")
            if row.get("of") != _content(ready[prompt]):
                raise UserError(f"{where}: prompt {prompt} was answered or ranked anew since this sheet was exported; export it again")
            if prompt in done or not row.get(key) or row.get("done") is False:
                continue
            made = {key: row[key], "by": str(row.get("by", PERSON))}
            try:
                _check(after, made, ready[prompt])
            except ValueError as error:
                raise UserError(f"{where}: {key}: {error}") from None
            taken.append({"prompt": prompt, "of": row["of"], **made})
            done[prompt] = taken[-1]
        log = AppendLog(self.folder / f"{after}.jsonl")
        log.append(*taken)
        log.close()
        return len(taken)


def _content(row: Mapping[str, Any]) -> str:
    """Digest of what a later state was made from."""
    return digest({key: value for key, value in row.items() if key != "by"})


def _check(state: str, made: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """ValueError when an order is no permutation of the responses, or a refined text is empty."""
    if state == "ranking":
        count, order = len(before["responses"]), made["order"]
        if not isinstance(order, list) or sorted(map(repr, order)) != sorted(map(repr, range(count))):
            raise ValueError(f"{order!r} is no order of {count} responses; expected each of 0 to {count - 1} once, best first")
    elif not isinstance(made["text"], str) or not made["text"].strip():
        raise ValueError(f"{made['text']!r} is no text; expected the refined response")
