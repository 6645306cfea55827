"""A run's inputs, loaded and checked before any model is: one line says what is wrong, and nothing is written yet.

In: a config. Out: `Inputs`: the training problems, the held-out ones that evaluations ask, the policy's processor.
`check_lengths` is the slow part (0.3 ms a prompt) and is for the start of a run and for `rl plan`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from data_recipes.problem import Problem
from data_recipes.store import ProblemSet, load_problems
from eval.modules import import_verifiers
from openk15.errors import UserError
from openk15.files import sha256_file
from openk15.seeds import derive_seed, digest
from rl.config import RLConfig

if TYPE_CHECKING:
    from multimodal.processing import PromptProcessor

MEASURED = 20_000  # prompts of a split whose length is measured; of a larger one a sample
PICTURE_SIZES = 256  # prompts processed whole: a large photo takes a tenth of a second
LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class Inputs:
    data: ProblemSet
    held_out: ProblemSet | None  # None: the run never evaluates
    processor: PromptProcessor


def load_inputs(config: RLConfig) -> Inputs:
    """All that `config` names; UserError says what is missing or cannot be trained on."""
    from multimodal.processing import PromptProcessor

    import_verifiers(config.rewards.modules, "rewards.modules")  # the data may name verifiers that only they register
    data = load_problems(config.data, config.split)
    check_problems(config, data)
    held_out = load_held_out(config) if config.evaluation.every else None
    processor = PromptProcessor.load(config.policy)
    if not (config.policy / "config.json").is_file():
        raise UserError(f"{config.policy}: no config.json; expected a Hugging Face model folder")
    parameter_count(config.policy)
    return Inputs(data, held_out, processor)


def load_held_out(config: RLConfig) -> ProblemSet:
    """The problems of every evaluation of the run: the same choice each time."""
    wanted = config.evaluation
    data = load_problems(config.data, wanted.split)
    if not data.problems:
        raise UserError(f"{config.data}: split {wanted.split!r} is empty; set evaluation.every=0 to go without")
    order = np.random.Generator(np.random.Philox(derive_seed("eval-problems", config.seed))).permutation(len(data.problems))
    problems = tuple(data.problems[at] for at in sorted(order[: wanted.problems]))
    return replace(data, problems=problems, images={name: data.images[name] for problem in problems for name in problem.images})


def check_problems(config: RLConfig, data: ProblemSet) -> None:
    if not data.problems:
        raise UserError(f"{config.data}: split {config.split!r} is empty")
    unanswered = next((problem for problem in data.problems if problem.answer.verifier == "none"), None)
    if unanswered is not None:
        raise UserError(
            f"{config.data}: record {unanswered.id} has no answer to verify; RL needs prompts with answers, this is data for `rl sft`"
        )
    highest = max(problem.grade for problem in data.problems)
    if config.curriculum.switch_iteration < config.iterations and highest < config.curriculum.hard_grade:
        raise UserError(
            f"curriculum.hard_grade={config.curriculum.hard_grade}: no problem of {config.data} has that grade; the highest is {highest}"
        )


def parameter_count(policy: Path) -> int:
    """Counted from the safetensors headers; no tensor is read. UserError when a file is not whole."""
    total = 0
    for file in sorted(policy.glob("*.safetensors")):
        for shape in _shapes(file):
            total += int(np.prod(shape, dtype=np.int64))
    if not total:
        raise UserError(f"{policy}: no *.safetensors file; save the policy with save_pretrained")
    return total


def _shapes(file: Path) -> list[list[int]]:
    size = file.stat().st_size
    with file.open("rb") as handle:
        begin = handle.read(8)
        length = int.from_bytes(begin, "little")
        if len(begin) == 8 and LFS_POINTER.startswith(begin):
            raise UserError(f"{file}: a git-lfs pointer, not the weights; run `git lfs pull` where it came from")
        if len(begin) < 8 or length > size - 8:
            raise UserError(f"{file}: truncated or no safetensors file ({size} bytes); save or copy the policy again")
        try:
            header = json.loads(handle.read(length))
            tensors = [entry for name, entry in header.items() if name != "__metadata__"]
            end = max((entry["data_offsets"][1] for entry in tensors), default=0)
            shapes = [entry["shape"] for entry in tensors]
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise UserError(f"{file}: no safetensors file, its header cannot be read; save or copy the policy again") from None
    if 8 + length + end > size:
        raise UserError(f"{file}: truncated, {size} of {8 + length + end} bytes; save or copy the policy again")
    return shapes


def policy_digest(folder: Path) -> str:
    """Of the files that decide what a policy says: weights, config, tokenizer, processor."""
    files = sorted(path for path in folder.iterdir() if path.suffix in (".safetensors", ".json", ".jinja", ".txt"))
    return digest([(path.name, sha256_file(path)) for path in files])


def check_lengths(config: RLConfig, inputs: Inputs, say: Callable[[str], None] = lambda _: None) -> int:
    """Tokens of the longest prompt; UserError when a prompt and a longest response do not fit the engine's context.

    Without this a run would find out when it draws the problem, hours later.
    """
    longest = 0
    room = config.engine.max_model_len - config.rollout.max_tokens
    for data in (inputs.data, *([inputs.held_out] if inputs.held_out else [])):
        problems = _sample(data.problems, config.seed)
        say(f"measuring {len(problems):,} prompts of {data.split}")
        lengths = prompt_lengths(inputs.processor, problems, data.images)
        key, most = max(lengths.items(), key=lambda item: item[1])
        if most > room:
            many = sum(length > room for length in lengths.values())
            raise UserError(
                f"{data.folder}: split {data.split!r}: record {key} is a prompt of {most} tokens, the longest of {many} that do not fit: "
                f"engine.max_model_len={config.engine.max_model_len} less rollout.max_tokens={config.rollout.max_tokens} leaves {room}; "
                f"set engine.max_model_len={most + config.rollout.max_tokens} or leave long prompts out of the data"
            )
        if len(lengths) < len(data.problems):
            say(f"{len(lengths):,} of {len(data.problems):,} were measured; a longer one would stop the run when it is drawn")
        longest = max(longest, most)
    return longest


def _sample(problems: Sequence[Problem], seed: int) -> Sequence[Problem]:
    if len(problems) <= MEASURED:
        return problems
    order = np.random.Generator(np.random.Philox(derive_seed("prompt-lengths", seed))).permutation(len(problems))
    return [problems[at] for at in sorted(order[:MEASURED])]


def prompt_lengths(processor: PromptProcessor, problems: Sequence[Problem], images: Mapping[str, bytes]) -> dict[str, int]:
    """Tokens by problem id, exact; problems beyond the `PICTURE_SIZES` first sizes, largest first, are left out.

    Pictures of equal sizes take equally many tokens, so one prompt of each size is processed whole; that is a quarter
    of the time of processing all.
    """
    sizes = {problem.id: tuple(_size(images[name]) for message in problem.messages for name in message.images) for problem in problems}
    added: dict[tuple[tuple[int, int], ...], int] = {(): 0}
    lengths: dict[str, int] = {}
    for problem in sorted(problems, key=lambda problem: -sum(width * height for width, height in sizes[problem.id])):
        shown = sizes[problem.id]
        if shown not in added and len(added) > PICTURE_SIZES:
            continue
        plain = len(processor.tokenizer(processor.render(problem.messages), add_special_tokens=False)["input_ids"])
        if shown not in added:
            added[shown] = len(processor.prompt(problem.messages, images)) - plain
        lengths[problem.id] = plain + added[shown]
    return lengths


def _size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size


def make_folder(folder: Path) -> None:
    """UserError when `out` cannot be a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"out={folder}: is a file or lies under one; name a folder") from None
    except OSError as error:
        raise UserError(f"out={folder}: cannot be made: {error.strerror}") from None
