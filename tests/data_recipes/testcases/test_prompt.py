"""The prompt for a generator, and the script in a model's answer; the model is a stand-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from data_recipes.sampling import Request, Sample, SamplerConfig
from data_recipes.testcases.problems import read_problem
from data_recipes.testcases.prompt import EngineGenerators, extract_script, generator_prompt, write_generators

SCRIPT = "import random\nprint(random.randint(1, 9))"


def test_the_prompt_holds_usage_contract_and_statement() -> None:
    (message,) = generator_prompt("# Sum\n\nAdd two numbers.", 50, 64)
    assert message.text.index("CYaRon is a Python library") < message.text.index("run 50 times") < message.text.index("Add two numbers.")
    assert "64 KiB" in message.text


@pytest.mark.parametrize(
    ("answer", "script"),
    [
        (f"Here:\n```python\n{SCRIPT}\n```\nDone.", SCRIPT),
        (f"```py\n{SCRIPT}\n```", SCRIPT),
        (f"```\n{SCRIPT}\n```", SCRIPT),
        (SCRIPT, SCRIPT),  # a bare script
        (f"```python\n{SCRIPT}\n", SCRIPT + "\n"),  # cut off before the fence closes
        (f"```python\nx = 1\n```\nthen\n```python\n{SCRIPT}\n```", SCRIPT),
        (f"```python\n{SCRIPT}\n```\nRun it like this:\n```python\nx = generate()\n```", SCRIPT),  # the last block writes nothing
        (f"<think>```python\nprint(1)\n```</think>```python\n{SCRIPT}\n```", SCRIPT),
        ('```python\nfrom cyaron import *\nIO("case.in").input_writeln(1)\n```', 'from cyaron import *\nIO("case.in").input_writeln(1)'),
        ("```python\nx = 1\n```", None),
        ("```cpp\nint main() { print(1); }\n```", None),
        ("I would print(some) numbers.", None),
        ("", None),
    ],
)
def test_the_script_is_taken_out_of_the_answer(answer: str, script: str | None) -> None:
    assert extract_script(answer) == script


def _fake(answers: Mapping[str, list[str]], asked: list[tuple[str, int]]) -> Any:
    def draw(config: SamplerConfig, requests: Sequence[Request], images: Any, store: Any, seed: int) -> Iterator[tuple[Sample, ...]]:
        for request in requests:
            text = request.messages[0].text
            asked.append((text, request.n))
            found = next(given for name, given in answers.items() if name in text)
            yield tuple(Sample(text=one, tokens=len(one), truncated=one.endswith("...")) for one in found)

    return draw


def test_scripts_come_back_by_problem_in_the_order_of_the_samples(repo_root: Path, tmp_path: Path) -> None:
    root = repo_root / "recipes" / "code_problems"
    problems = [read_problem(root / slug) for slug in ("longest-run", "circle-game")]
    engine = EngineGenerators(sampler=SamplerConfig(model=tmp_path), samples=tmp_path / "samples", tries=3)
    asked: list[tuple[str, int]] = []
    answers = {
        "The longest run": [f"```python\n{SCRIPT}\n```", "no idea", f"```python\n{SCRIPT}\n```"],
        "The counting-out game": ["no", "idea", "because..."],
    }
    found = write_generators(problems, engine, 50, 64, _fake(answers, asked))
    assert [n for _, n in asked] == [3, 3]
    assert all(problem.statement in text for problem, (text, _) in zip(problems, asked, strict=True))
    assert found["longest-run"] == ([SCRIPT], "")
    assert found["circle-game"] == ([], "3 answers of the model hold no generator script, 1 of them were cut off")
