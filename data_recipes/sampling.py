"""Answers of a model to prompts, kept on disk: they are dear, so each is made once.

    requests ─▶ stored? ─no─▶ Engine.extend, as many streams at once as it takes ─▶ store ─▶ samples, in the order of requests

A sample belongs to (content of the model folder, sampler, seed, prompt, index); its own seed derives from (seed, prompt,
index). So a draw that was killed goes on with what is missing, more samples of a prompt keep the first ones, and a
verdict can be taken again from the stored text. Works for vision-language and for text-only folders.

The engine stays open for the next draw with the same model, dtype, temperature and context; `close_engine` lets go of it.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from data_recipes.sample_store import Sample, SampleFile, SampleStore, open_store
from multimodal.engines.base import EngineConfig, EngineKind
from multimodal.messages import Message
from multimodal.policy import PROCESSOR_FILES, is_text_only
from multimodal.segment import StopReason
from openk15.config import StrictModel
from openk15.errors import RunError, UserError
from openk15.files import sha256_file
from openk15.seeds import derive_seed, digest

if TYPE_CHECKING:
    from multimodal.engines.base import Engine
    from multimodal.processing import ProcessedPrompt, PromptProcessor

__all__ = ["Request", "Sample", "SampleStore", "SamplerConfig", "close_engine", "draw", "model_digest", "open_store"]

VERSION = 1  # raise it when the same arguments give other samples for a reason outside the engines' libraries
IN_FLIGHT = 512  # samples handed to the engine at once; prompts are processed as room opens, so memory is bounded
KV_CACHE_GIB = 2.0  # on CPU; streams that do not fit are put off and computed anew
FLUSH = 16  # samples a write: so many are made again after a kill
CUT = (StopReason.BUDGET, StopReason.CONTEXT)  # no room was left; a response stopped for repeating itself has ended


class SamplerConfig(StrictModel):
    """What answers, and how. Part of the parameters of every step that asks a model."""

    model: Path = Field(description="Hugging Face folder (safetensors) of a vision-language or a text-only model")
    engine: Literal["vllm", "torch"] = "vllm"
    temperature: float = Field(default=1.0, ge=0.01, description="the paper samples difficulty at a relatively high temperature (2.1)")
    max_tokens: int = Field(default=256, ge=1, description="of a response; one that is longer is cut and counts as truncated")
    dtype: Literal["float32", "bfloat16"] = "float32"
    max_model_len: int = Field(default=1024, ge=2, description="prompt and response, tokens; a prompt without room is truncated at 0")

    @property
    def digest(self) -> str:
        """Of everything that samples depend on but the model."""
        repeat = self.engine_config.repeat
        return digest("sampler", VERSION, self.model_dump(mode="json", exclude={"model"}), repeat.model_dump() if repeat else None)

    @property
    def engine_config(self) -> EngineConfig:
        """All but `max_tokens`, which is said anew with every request."""
        kind = EngineKind(self.engine)
        return EngineConfig(
            kind=kind, temperature=self.temperature, max_model_len=self.max_model_len, dtype=self.dtype, kv_cache_gib=KV_CACHE_GIB
        )

    @property
    def takes_pictures(self) -> bool:
        return not is_text_only(self.model)

    def check(self, where: str) -> None:
        """UserError, beginning with `where`, when the folder cannot be a model."""
        if not self.model.is_dir():
            raise UserError(f"{where}: sampler.model: {self.model}: no such model folder")
        if not (self.model / "config.json").is_file():
            raise UserError(f"{where}: sampler.model: {self.model}: no config.json; expected a Hugging Face model folder")
        if not any(self.model.glob("*.safetensors")):
            raise UserError(f"{where}: sampler.model: {self.model}: no *.safetensors file; save the model with save_pretrained")


@dataclass(frozen=True)
class Request:
    """`n` answers to `messages`, up to where the model speaks. `key` is the digest of the messages, pictures by their digests."""

    messages: tuple[Message, ...]
    n: int
    key: str = field(repr=False)

    @classmethod
    def of(cls, messages: Sequence[Message], n: int) -> Request:
        if n < 0:
            raise ValueError(f"a request is for 0 or more samples, got {n}")
        return cls(tuple(messages), n, digest([message.to_dict() for message in messages]))


def model_files(folder: Path) -> list[Path]:
    """What a model's answers depend on: weights, config, tokenizer or processor, in the order of their names."""
    wanted = {*PROCESSOR_FILES, "config.json", "tokenizer.model"}
    return sorted([*folder.glob("*.safetensors"), *(folder / name for name in wanted if (folder / name).is_file())])


def model_digest(folder: Path) -> str:
    """Of the contents of `model_files`; where the folder lies does not matter. Files are read again only when they changed."""
    files = model_files(folder)
    return _digest_of(tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files))


@functools.lru_cache(maxsize=16)
def _digest_of(files: tuple[tuple[Path, int, int], ...]) -> str:
    return digest("model", [[file.name, sha256_file(file)] for file, _, _ in files])


def draw(
    config: SamplerConfig, requests: Sequence[Request], images: Mapping[str, bytes], store: SampleStore, seed: int
) -> Iterator[tuple[Sample, ...]]:
    """The samples 0..n-1 of each request, in the order of requests; only what the store lacks is made.

    `images`: encoded pictures by digest. UserError for a picture that is missing, or that the model cannot take. What was
    made is stored even if the caller stops reading.
    """
    file = store.file(model_digest(config.model), config.digest)
    lacking = _lacking(requests, file, seed)
    if not lacking:
        for request in requests:
            yield file.samples(seed, request.key, request.n)
        return
    generation = _Generation(_opened(config), config, lacking, images, seed)
    waiting = {(request.key, index) for request, indices in lacking for index in indices}
    fresh: list[dict[str, Any]] = []

    def keep() -> None:
        store.made += file.add(fresh)
        fresh.clear()

    try:
        for request in requests:
            mine = {(request.key, index) for index in range(request.n)} & waiting
            while mine:
                for record in generation.some():
                    mine.discard((record["key"], record["index"]))
                    waiting.discard((record["key"], record["index"]))
                    fresh.append(record)
                if len(fresh) >= FLUSH:
                    keep()
            keep()
            yield file.samples(seed, request.key, request.n)
    finally:
        fresh += generation.stop()
        keep()


def _lacking(requests: Sequence[Request], file: SampleFile, seed: int) -> list[tuple[Request, list[int]]]:
    """What is to be made, each (prompt, index) once, in order of the requests."""
    most: dict[str, Request] = {}
    for request in requests:
        if request.key not in most or most[request.key].n < request.n:
            most[request.key] = request
    found = ((request, [index for index in range(request.n) if not file.has(seed, request.key, index)]) for request in most.values())
    return [(request, indices) for request, indices in found if indices]


class _Generation:
    """Samples on their way: a feeder hands them to the engine as room opens, and each arrives in a queue when it is done."""

    def __init__(
        self,
        opened: _Opened,
        config: SamplerConfig,
        lacking: Sequence[tuple[Request, list[int]]],
        images: Mapping[str, bytes],
        seed: int,
    ):
        self._opened, self._config, self._lacking, self._images, self._seed = opened, config, lacking, images, seed
        self._arrived: asyncio.Queue[dict[str, Any] | Exception] = asyncio.Queue()
        self._failure: Exception | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._feeder: asyncio.Task[None] = opened.loop.create_task(self._feed())

    async def _feed(self) -> None:
        room = asyncio.Semaphore(IN_FLIGHT)
        try:
            for request, indices in self._lacking:
                prompt = self._opened.processor.prompt(request.messages, self._images)
                for index in indices:
                    await room.acquire()
                    task = asyncio.ensure_future(self._one(request.key, index, prompt))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                    task.add_done_callback(lambda _: room.release())
        except Exception as error:
            self._arrived.put_nowait(error)

    async def _one(self, key: str, index: int, prompt: ProcessedPrompt) -> None:
        record: dict[str, Any] = {"seed": self._seed, "key": key, "index": index}
        if len(prompt) >= self._config.max_model_len:
            self._arrived.put_nowait({**record, "text": "", "tokens": 0, "stop": str(StopReason.CONTEXT), "truncated": True})
            return
        try:
            segment = await self._opened.engine.extend(prompt, (), self._config.max_tokens, derive_seed("sample", self._seed, key, index))
            if segment.stop is StopReason.ABORT:
                raise RunError("generation was aborted before a response had ended")
            text = self._opened.processor.decode(segment.token_ids)
            record |= {"text": text, "tokens": len(segment), "stop": str(segment.stop), "truncated": segment.stop in CUT}
            self._arrived.put_nowait(record)
        except Exception as error:
            self._arrived.put_nowait(error)

    def some(self) -> list[dict[str, Any]]:
        """At least one sample that has arrived; the first failure is raised as it is, after what came before it."""
        if self._failure is None:
            results = [self._opened.loop.run_until_complete(self._arrived.get()), *self._at_hand()]
            self._failure = next((result for result in results if isinstance(result, Exception)), None)
            made = [result for result in results if not isinstance(result, Exception)]
            if made:
                return made
        assert self._failure is not None
        raise self._failure

    def _at_hand(self) -> list[dict[str, Any] | Exception]:
        found: list[dict[str, Any] | Exception] = []
        while not self._arrived.empty():
            found.append(self._arrived.get_nowait())
        return found

    def stop(self) -> list[dict[str, Any]]:
        """Cancel what is on its way; returns what had arrived."""
        going = [self._feeder, *self._tasks]
        for task in going:
            task.cancel()
        if not self._opened.loop.is_closed():
            self._opened.loop.run_until_complete(asyncio.gather(*going, return_exceptions=True))
        return [result for result in self._at_hand() if not isinstance(result, Exception)]


@dataclass
class _Opened:
    """An engine with the loop that drives it."""

    identity: tuple[str, EngineConfig]  # model digest, engine config
    engine: Engine
    processor: PromptProcessor
    loop: asyncio.AbstractEventLoop


_open: list[_Opened] = []  # at most one: a second engine beside it would want its memory twice


def _opened(config: SamplerConfig) -> _Opened:
    identity = (model_digest(config.model), config.engine_config)
    if not _open or _open[0].identity != identity:
        close_engine()
        from multimodal.engines import open_engine
        from multimodal.processing import PromptProcessor

        processor = PromptProcessor.load(config.model)
        _open.append(_Opened(identity, open_engine(identity[1], config.model), processor, asyncio.new_event_loop()))
    return _open[0]


@atexit.register
def close_engine() -> None:
    """Close the engine that the last draw left open, if any."""
    while _open:
        opened = _open.pop()
        opened.loop.run_until_complete(opened.engine.close())
        opened.loop.close()
