"""A trained reward model -> the callable that the verifiers of rewards.models take.

    ClassicScorer   classic: packed forward passes, no gradient          texts -> probabilities
    EngineJudge     cot on an Engine that the caller hands in            texts -> what the judge wrote
    TextJudge       cot on a text-only backbone without an engine: transformers' own greedy `generate`
    open_verifier   picks the right one for a folder; `serve` also registers it

Invariants: a reply depends on its text and the weights only (greedy, or a seed made from the text); a text that does
not fit, or a judge that does not end its turn, is None and never earns; callables may be used from any thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from multimodal.engines.base import Engine, EngineConfig
from multimodal.packing import Example
from multimodal.policy import is_text_only
from multimodal.processing import ProcessedPrompt, PromptProcessor
from multimodal.segment import StopReason
from openk15.errors import DeadlineError, UserError
from openk15.seeds import derive_seed
from rewards.models.prompt import JudgePrompt
from rewards.models.verifiers import ClassicVerifier, CoTVerifier, ModelVerifier
from rewards.registry import register_instance
from rl.reward_model import load_head, logits_of, read_card
from rl.rm_backbone import Reader, load_backbone, read_backbone
from rl.rm_config import RMKind

BATCH = 32  # texts read or generated at once
MAX_TOKENS = 128  # of a judge's reasoning and verdict
GREEDY = 0.01  # the lowest temperature an engine takes: the likeliest token, in effect


def judge_engine(config: EngineConfig) -> EngineConfig:
    """`config` for a judge: open its engine with this, so that it does not sample its verdicts."""
    return config.model_copy(update={"temperature": GREEDY})


def _room(model: Any) -> int:
    return int(getattr(model.config.get_text_config(), "max_position_embeddings", 2**31))


class ClassicScorer:
    def __init__(self, folder: Path, row_tokens: int = 4096):
        self.reader = read_backbone(folder)
        self._model: Any = load_backbone(folder).requires_grad_(False)
        self._head = load_head(folder, self._model.config.get_text_config().hidden_size).requires_grad_(False)
        self._row_tokens = row_tokens
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> list[float | None]:
        import torch

        prompts = [self.reader.prompt(text) for text in texts]
        order = sorted((at for at, prompt in enumerate(prompts) if len(prompt) < _room(self._model)), key=lambda at: len(prompts[at]))
        found: list[float | None] = [None] * len(texts)
        with self._lock, torch.inference_mode():
            for start in range(0, len(order), BATCH):
                chosen = order[start : start + BATCH]
                examples = [Example(prompts[at], self.reader.eos_ids[:1]) for at in chosen]
                for owners, logits in logits_of(self._model, self._head, self.reader, examples, self._row_tokens):
                    for owner, probability in zip(owners, logits.double().sigmoid().tolist(), strict=True):
                        found[chosen[owner]] = probability
        return found


class EngineJudge:
    """Drives an engine from any thread: its calls run on an event loop of its own, in a thread of its own.

    `engine` serves this judge alone, opened with `judge_engine(config)`; `processor` is its folder's;
    `context` is its max_model_len, tokens. A batch that takes longer than `seconds` is a DeadlineError.
    """

    def __init__(self, engine: Engine, processor: PromptProcessor, *, context: int, max_tokens: int = MAX_TOKENS, seconds: float = 600.0):
        self._engine, self._max_tokens, self._context, self._seconds = engine, max_tokens, context, seconds
        self.reader = Reader(processor.tokenizer, processor.folder, processor)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="reward-model-judge", daemon=True).start()

    def __call__(self, texts: Sequence[str]) -> list[str | None]:
        future = asyncio.run_coroutine_threadsafe(self._answer(texts), self._loop)
        try:
            return future.result(self._seconds)
        except TimeoutError:
            future.cancel()
            raise DeadlineError(f"the reward model's engine did not answer {len(texts)} prompts within {self._seconds:g} s") from None

    async def _answer(self, texts: Sequence[str]) -> list[str | None]:
        return await asyncio.gather(*(self._one(text, self.reader.prompt(text)) for text in texts))

    async def _one(self, text: str, prompt: ProcessedPrompt) -> str | None:
        if len(prompt) >= self._context:
            return None
        segment = await self._engine.extend(prompt, (), self._max_tokens, derive_seed("rm-judge", text))
        return self.reader.decode(segment.token_ids) if segment.stop is StopReason.EOS else None

    def close(self) -> None:
        """Stop the thread; the engine stays the caller's."""
        self._loop.call_soon_threadsafe(self._loop.stop)


class TextJudge:
    """Greedy generation by transformers, in batches of similar length."""

    def __init__(self, folder: Path, *, max_tokens: int = MAX_TOKENS, dtype: str = "float32"):
        self.reader = read_backbone(folder)
        self._model: Any = load_backbone(folder, dtype).requires_grad_(False)
        self._model.set_attn_implementation("sdpa")
        self._max_tokens = max_tokens
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> list[str | None]:
        prompts = [self.reader.prompt(text).ids for text in texts]
        room = _room(self._model) - self._max_tokens
        order = sorted((at for at, ids in enumerate(prompts) if len(ids) <= room), key=lambda at: len(prompts[at]))
        found: list[str | None] = [None] * len(texts)
        with self._lock:
            for start in range(0, len(order), BATCH):
                chosen = order[start : start + BATCH]
                for at, said in zip(chosen, self._generate([prompts[at] for at in chosen]), strict=True):
                    found[at] = said
        return found

    def _generate(self, prompts: Sequence[tuple[int, ...]]) -> list[str | None]:
        import torch

        (eos,) = self.reader.eos_ids
        longest = max(map(len, prompts))
        ids = torch.tensor([[eos] * (longest - len(row)) + list(row) for row in prompts])
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts])
        with torch.inference_mode():
            out = self._model.generate(
                input_ids=ids, attention_mask=mask, max_new_tokens=self._max_tokens, do_sample=False, eos_token_id=eos, pad_token_id=eos
            )
        said = [row[longest:].tolist() for row in out]
        return [self.reader.decode(row[: row.index(eos)]) if eos in row else None for row in said]


def open_verifier(folder: Path, *, engine: Engine | None = None, context: int | None = None, max_tokens: int = MAX_TOKENS) -> ModelVerifier:
    """The verifier of a folder that `rl rm train` wrote, not yet registered.

    A cot model on a vision-language backbone needs an `engine` opened on that folder and its `context`
    (max_model_len); UserError without one.
    """
    card = read_card(folder)

    def prompt(reader: Reader) -> JudgePrompt:
        return card.prompt.for_reader(reader.specials)

    if card.kind is RMKind.CLASSIC:
        scorer = ClassicScorer(folder)
        return ClassicVerifier(scorer, card.digest, prompt(scorer.reader), card.threshold)
    if engine is not None:
        if context is None:
            raise UserError("an engine needs context=, its max_model_len")
        served = EngineJudge(engine, PromptProcessor.load(folder), context=context, max_tokens=max_tokens)
        return CoTVerifier(served, card.digest, prompt(served.reader))
    if not is_text_only(folder):
        raise UserError(f"{folder}: a cot reward model on a vision-language backbone is served by an engine; hand one in")
    judge = TextJudge(folder, max_tokens=max_tokens)
    return CoTVerifier(judge, card.digest, prompt(judge.reader))


def serve(folder: Path, name: str | None = None, *, engine: Engine | None = None, context: int | None = None) -> ModelVerifier:
    """Register a folder's verifier as `name` (default `rm_classic` or `rm_cot`), so that answers may name it."""
    verifier = open_verifier(folder, engine=engine, context=context)
    register_instance(name or ("rm_classic" if isinstance(verifier, ClassicVerifier) else "rm_cot"), verifier)
    return verifier
