"""The probe batch always looks at a picture where the dataset has one."""

from __future__ import annotations

import pytest

from multimodal.processing import PromptProcessor
from rl.guards import make_probes


@pytest.mark.parametrize("count", [1, 2, 4])
def test_probes_hold_a_pictured_problem_and_with_room_a_text_one(policy, problems, count):
    probes = make_probes(problems.problems, problems.images, PromptProcessor.load(policy), count)
    assert len(probes.prompts) == count
    assert sum(other is not None for other in probes.swapped) == max(1, count - 1)


def test_probes_of_a_dataset_without_pictures_are_text(policy, problems):
    plain = [problem for problem in problems.problems if not problem.images]
    probes = make_probes(plain, {}, PromptProcessor.load(policy), 3)
    assert probes.swapped == (None, None, None)
