"""Exactly one domain, discipline and skill of every prompt (section 1.2, K3), and what spoke for each.

In order of trust: what the source says; a trained model where the recipe names one (for the skill within mathematics,
or whatever its labels are); the words of the prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from data_recipes.row import Row
from data_recipes.steps.base import Measure, Measures
from data_recipes.text import topics
from data_recipes.text.found import TextStep, prompt_of
from data_recipes.text.linear import LinearModel, load_once
from data_recipes.text.topics import Topic


class Tagging(TextStep):
    use: ClassVar[str] = "tagging"
    code: ClassVar[Sequence[str]] = ("data_recipes.text.topics", "data_recipes.text.topic_words", "data_recipes.text.linear")
    measured: ClassVar[Mapping[str, str]] = {
        "domain": "stem, coding, competition or general_reasoning",
        "discipline": "mathematics, physics, …; other where nothing speaks for any",
        "skill": "within the discipline: algebra, number_theory, strings, …",
        "tag": "discipline/skill, for balancing by both",
    }

    model: Path | None = None  # a multi-class model of `train_classifier`
    model_says: Literal["skill", "discipline"] = "skill"

    def inputs(self) -> tuple[Path, ...]:
        return () if self.model is None else (self.model,)

    def check(self) -> None:
        super().check()
        if self.model is not None:
            LinearModel.load(self.model)

    def measure_row(self, row: Row) -> Measures:
        text, tags = prompt_of(row), row.problem.tags
        is_code = row.problem.answer.verifier == "code"
        discipline = topics.discipline_of(text, tags, is_code)
        if self.model_says == "discipline":
            discipline = self._or_model(discipline, text)
        skill = topics.skill_of(text, tags, discipline.label)
        if self.model_says == "skill" and discipline.label == "mathematics":
            skill = self._or_model(skill, text)
        domain = topics.domain_of(text, tags, discipline.label, is_code)
        return {
            "domain": _measure(domain),
            "discipline": _measure(discipline),
            "skill": _measure(skill),
            "tag": {"value": f"{discipline.label}/{skill.label}"},
        }

    def _or_model(self, topic: Topic, text: str) -> Topic:
        if self.model is None or topic.by == "source":
            return topic
        chances = load_once(self.model).probabilities([text])[0]
        ranked = sorted(range(len(chances)), key=lambda index: -chances[index])
        labels = load_once(self.model).labels
        return Topic(labels[ranked[0]], "model", round(float(chances[ranked[0]] - chances[ranked[1]]), 4))


def _measure(topic: Topic) -> Measure:
    return {"value": topic.label, "by": topic.by, "margin": topic.margin, "matched": list(topic.matched)}
