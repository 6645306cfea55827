"""Plain transformers with a KV cache and a counter-based sampler: needs no vLLM, and is quick to open.

    extend ──▶ waits one tick for company ──▶ batch ──▶ each distinct prompt and prefix read once ──▶ its keys
                          Segment ◀── one token a stream and step ◀── copied to the lane of every stream ◀──┘

A batch runs in lockstep; lanes of streams that have ended are dropped as it goes.

Invariants: token i of a segment is the argmax of tempered logits plus Gumbel noise number i of a Philox
generator keyed by the segment's seed, and no matrix product takes a route that depends on the company, so
neighbours change neither the draw nor, to the bit, the log-prob. Log-probs are those of the tempered
distribution without the forbidden ids. (On a GPU the last bits of a log-prob are its libraries' affair.)
"""

from __future__ import annotations

import asyncio
import copy
import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers.cache_utils import Cache, DynamicLayer
from transformers.core_model_loading import revert_weight_conversion

from multimodal.engines.base import EngineConfig
from multimodal.packing import prompt_positions
from multimodal.policy import load_policy
from multimodal.processing import ProcessedPrompt, PromptProcessor
from multimodal.repetition import repeats
from multimodal.segment import Segment, StopReason
from multimodal.weights import WeightSource, checked, tensor_digest
from openk15.errors import GuardError, RunError, UserError

# The cache always has LANES lanes, and a multiple of SLOTS slots: on some processors (AVX2, two threads) attention over
# another number of lanes gives other last bits.
LANES, SLOTS = 64, 64
CROWDED = 0.8  # the cache is compacted when fewer than this share of its streams is still generating


@dataclass(slots=True, eq=False)
class _Stream:
    """One `extend` on its way. `position` is where its next token stands."""

    future: asyncio.Future[Segment]
    prompt: ProcessedPrompt
    prefix: tuple[int, ...]
    most: int  # tokens this call may sample
    full: StopReason  # what it means to have sampled that many
    seed: int
    noise: np.random.Generator
    position: int = 0
    token_ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Nobody waits for it: it has its segment, was cancelled, or its event loop is gone."""
        return self.future.done() or self.future.get_loop().is_closed()

    def segment(self, version: int, stop: StopReason) -> Segment:
        return Segment(tuple(self.token_ids), tuple(self.logprobs), version, self.seed, stop)


class TorchEngine:
    def __init__(self, config: EngineConfig, policy: Path):
        processor = PromptProcessor.load(policy)
        self._config = config
        self._eos_ids = frozenset(processor.eos_ids)
        self._image_token_id = processor.image_token_id
        self._model: Any = load_policy(policy, config.dtype).requires_grad_(False)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model.to(self._device)
        self._rope = hasattr(self._model.model, "get_rope_index")
        self._forbidden = torch.tensor(processor.forbidden_ids, dtype=torch.int64, device=self._device)
        self._waiting: list[_Stream] = []
        self._running: list[_Stream] = []
        self._pump: asyncio.Task[None] | None = None
        self._version = 0
        self._unfit: str | None = None  # why it must not generate

    @property
    def version(self) -> int:
        return self._version

    async def extend(self, prompt: ProcessedPrompt, prefix: Sequence[int], budget: int, seed: int) -> Segment:
        if self._unfit:
            raise RunError(self._unfit)
        room = self._config.max_model_len - len(prompt.ids) - len(prefix)
        if budget < 1 or room < 1:
            raise UserError(
                f"budget={budget} with {len(prompt.ids)} prompt and {len(prefix)} earlier tokens: "
                f"nothing can be sampled within engine.max_model_len={self._config.max_model_len}"
            )
        most = min(budget, room)
        full = StopReason.CONTEXT if most == room else StopReason.BUDGET
        future: asyncio.Future[Segment] = asyncio.get_running_loop().create_future()
        noise = np.random.Generator(np.random.Philox(key=seed))
        self._waiting.append(_Stream(future, prompt, tuple(prefix), most, full, seed, noise))
        if self._pump is None or self._pump.done() or self._pump.get_loop() is not asyncio.get_running_loop():
            self._pump = asyncio.ensure_future(self._run())
        return await future

    async def _run(self) -> None:
        """Batch after batch until nobody waits."""
        try:
            await asyncio.sleep(0)  # the rest of a gather arrives in the same tick
            while self._waiting:
                most = min(self._config.max_num_seqs, LANES)
                batch, self._waiting = self._waiting[:most], self._waiting[most:]
                self._running = [stream for stream in batch if not stream.ended]
                await self._generate()
        except Exception as error:
            self._unfit = f"the torch engine failed while it generated: {type(error).__name__}: {error}"
            for stream in [*self._running, *self._waiting]:
                if not stream.ended:
                    stream.future.set_exception(RunError(self._unfit))
            self._waiting = []
        finally:
            self._running = []

    async def _generate(self) -> None:
        """Drive `self._running` to the end, a token a step."""
        if not self._running:
            return
        with torch.inference_mode():
            lanes, logits = self._read(self._running)
        while True:
            with torch.inference_mode():
                tokens = self._sample(lanes.streams, logits)
            await asyncio.sleep(0)  # callers may take their segments, cancel or close
            self._running = [stream for stream in self._running if not stream.ended]
            if not self._running:
                return
            with torch.inference_mode():
                if len(self._running) < CROWDED * len(lanes.streams):
                    tokens = tokens[lanes.drop_ended()]
                logits = self._step(lanes, tokens)

    def _read(self, streams: Sequence[_Stream]) -> tuple[_Lanes, torch.Tensor]:
        """Lanes filled with prompt + prefix of every stream, and their logits. Each distinct text is read once.

        One text at a time: what a stream's cache holds cannot depend on who came with it.
        """
        read: dict[tuple[int, tuple[int, ...]], tuple[Cache, torch.Tensor, int]] = {}
        for stream in streams:
            prompt, prefix = stream.prompt, stream.prefix
            if (id(prompt), ()) not in read:
                cache = Cache(layer_class_to_replicate=DynamicLayer)
                positions = prompt_positions(self._model, prompt, self._image_token_id)
                logits = self._forward(self._tensor([prompt.ids]), self._tensor(positions)[:, None], cache, prompt)
                read[id(prompt), ()] = (cache, logits, int(positions.max()) + 1)
            if (id(prompt), prefix) not in read:
                cache, _, at = read[id(prompt), ()]
                cache = Cache(layers=[copy.copy(layer) for layer in cache.layers])  # layers replace their tensors, and never write to them
                positions = self._tensor([[list(range(at, at + len(prefix)))]]).expand(3, 1, -1)
                logits = self._forward(self._tensor([prefix]), positions, cache)
                read[id(prompt), prefix] = (cache, logits, at + len(prefix))
        found = [read[id(stream.prompt), stream.prefix] for stream in streams]
        for stream, (_, _, position) in zip(streams, found, strict=True):
            stream.position = position
        return _Lanes(streams, [cache for cache, _, _ in found]), torch.cat([logits for _, logits, _ in found])

    def _step(self, lanes: _Lanes, tokens: torch.Tensor) -> torch.Tensor:
        """Write each stream's newest token to its cache; logits of the next one."""
        count = len(lanes.streams)
        ids, positions = np.zeros((2, lanes.width), dtype=np.int64)
        ids[:count] = tokens.cpu()
        positions[:count] = [stream.position for stream in lanes.streams]
        mask = lanes.advance()
        logits = self._forward(self._tensor(ids)[:, None], self._tensor(positions)[None, :, None].expand(3, -1, -1), lanes.cache, mask=mask)
        for stream in lanes.streams:
            stream.position += 1
        return logits[:count]

    def _tensor(self, numbers: Any) -> torch.Tensor:
        return torch.from_numpy(np.array(numbers, dtype=np.int64)).to(self._device)

    def _forward(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        cache: Cache,
        pictured: ProcessedPrompt | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """float32 logits (B, vocabulary) of the token after the last column of ids (B, T); positions (3, B, T)."""
        pictures: dict[str, torch.Tensor] = {}
        if pictured is not None and pictured.pixels is not None:
            pictures["pixel_values"] = torch.from_numpy(pictured.pixels).to(self._device, self._model.dtype)
            if pictured.grid is not None:
                pictures["image_grid_thw"] = torch.from_numpy(pictured.grid).to(self._device)
        out = self._model(
            input_ids=ids,
            position_ids=positions if self._rope else positions[0],
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
            **pictures,
        )
        return out.logits[:, -1].float()

    def _sample(self, rows: list[_Stream], logits: torch.Tensor) -> torch.Tensor:
        """Draw each row's next token; streams that stop here get their segment."""
        logits = logits / self._config.temperature
        logits[:, self._forbidden] = float("-inf")
        width = logits.shape[1]
        waits = np.stack([stream.noise.standard_exponential(width) for stream in rows])
        # Of exponential waits divided by probabilities the shortest is a fair draw: argmax of logits + Gumbel noise.
        tokens = (logits.double() - torch.from_numpy(waits).to(self._device).log()).argmax(dim=1)
        logprobs = logits.gather(1, tokens[:, None])[:, 0] - logits.logsumexp(dim=1)
        for stream, token, logprob in zip(rows, tokens.tolist(), logprobs.tolist(), strict=True):
            if stream.ended:
                continue
            stream.token_ids.append(token)
            stream.logprobs.append(logprob)
            stop = self._stop(stream)
            if stop is not None:
                stream.future.set_result(stream.segment(self._version, stop))
        return tokens

    def _stop(self, stream: _Stream) -> StopReason | None:
        if stream.token_ids[-1] in self._eos_ids:
            return StopReason.EOS
        rule = self._config.repeat
        if rule is not None and repeats([*stream.prefix, *stream.token_ids], rule):
            return StopReason.REPEAT
        return stream.full if len(stream.token_ids) >= stream.most else None

    async def load(self, version: int, weights: WeightSource) -> None:
        """GuardError naming the tensor that is missing, unknown or changed; then nothing is sampled until a load succeeds."""
        if busy := sum(not stream.ended for stream in (*self._running, *self._waiting)):
            raise RunError(f"weights of version {version} came while {busy} segments were being sampled")
        self._unfit = f"the load of weights version {version} failed; load a version before sampling"
        live = self._live()
        announced = set(weights.digests)
        if strangers := announced - live.keys():
            raise GuardError(f"weights of version {version}: the model has no tensor {min(strangers)!r}")
        sent = {live[name].data_ptr() for name in announced}
        if missing := [name for name, tensor in self._model.named_parameters() if tensor.data_ptr() not in sent]:
            raise GuardError(f"weights of version {version}: nothing was sent for {min(missing)!r}")
        with torch.no_grad():
            for name, tensor in checked(weights, version):
                if tensor.shape != live[name].shape:
                    shapes = f"{tuple(tensor.shape)}, the model's is {tuple(live[name].shape)}"
                    raise GuardError(f"weights of version {version}: tensor {name!r} has shape {shapes}")
                live[name].copy_(tensor)
        self._version, self._unfit = version, None

    def _live(self) -> dict[str, torch.Tensor]:
        """The model's tensors under its own names and under those that its saved folder uses, which differ for some families."""
        live: dict[str, torch.Tensor] = self._model.state_dict()
        known = {id(tensor) for tensor in live.values()}
        saved = revert_weight_conversion(self._model, dict(live))
        return {name: tensor for name, tensor in saved.items() if id(tensor) in known} | live

    def weight_digests(self) -> dict[str, str]:
        return {name: tensor_digest(tensor) for name, tensor in self._model.state_dict().items()}

    def _corrupt_weight(self, name: str) -> None:
        """For tests: spoil one live parameter in place, as a faulty transfer would."""
        with torch.no_grad():
            self._model.get_parameter(name).mul_(1.5).add_(0.25)

    async def close(self) -> None:
        self._unfit = "the engine is closed"
        for stream in [*self._running, *self._waiting]:
            stream.future.cancel()
        self._waiting = []
        self._model = None
        gc.collect()


class _Lanes:
    """The cache of a batch: lane i belongs to streams[i], and its slot j to token j of its text.

    A token's slot and the table's shape classes do not depend on the neighbours: `width` is LANES and the slots in
    view a multiple of SLOTS, because products over another number of rows take other routes and round
    differently. Lanes past the last stream are idle: they are computed and thrown away.
    """

    def __init__(self, streams: Sequence[_Stream], caches: Sequence[Cache]):
        self.streams = list(streams)
        self.width = _whole(len(streams), LANES)
        lengths = [cache.get_seq_length() for cache in caches]
        slots = _whole(max(lengths) + 1, SLOTS)
        self._layers = [_LaneLayer(self.width, slots, parts) for parts in zip(*(cache.layers for cache in caches), strict=True)]
        self.cache = Cache(layers=[*self._layers])
        self._filled = torch.zeros(self.width, dtype=torch.int64, device=self._layers[0].keys.device)  # slots used, by lane
        self._filled[: len(streams)] = torch.tensor(lengths)

    def advance(self) -> torch.Tensor:
        """Give every lane its next slot; the mask (width, 1, 1, slots in view) of what it sees then."""
        at, self._filled = self._filled, self._filled + 1
        view = _whole(int(self._filled.max()), SLOTS)
        for layer in self._layers:
            layer.place(at, view)
        return (torch.arange(view, device=at.device) < self._filled[:, None])[:, None, None]

    def drop_ended(self) -> torch.Tensor:
        """Close the ranks; returns which of the streams are left."""
        kept = [at for at, stream in enumerate(self.streams) if not stream.ended]
        self.streams = [self.streams[at] for at in kept]
        self.width = _whole(len(kept), LANES)
        keep = torch.tensor(kept, device=self._filled.device)
        padded = torch.cat([keep, keep[:1].expand(self.width - len(kept))])
        self._filled = self._filled[padded]
        for layer in self._layers:
            layer.batch_select_indices(padded)
        return keep


class _LaneLayer(DynamicLayer):
    """Keys and values (lanes, heads, slots, head_dim) with spare slots, one token a lane written at a time."""

    keys: Any  # tensors from the start, unlike the base class's
    values: Any

    def __init__(self, width: int, slots: int, parts: Sequence[Any]):
        super().__init__()
        _, heads, _, size = parts[0].keys.shape
        self.keys, self.values = (parts[0].keys.new_zeros(width, heads, slots, size) for _ in range(2))
        for lane, part in enumerate(parts):
            length = part.keys.shape[2]
            self.keys[lane, :, :length] = part.keys[0]
            self.values[lane, :, :length] = part.values[0]
        self.is_initialized = True
        self._lanes = torch.arange(width, device=self.keys.device)

    def place(self, at: torch.Tensor, view: int) -> None:
        """The next token of lane i goes to slot at[i]; attention reaches over the first `view` slots."""
        self._at, self._view = at, view
        more = view - self.keys.shape[2]
        if more > 0:
            self.keys, self.values = (torch.nn.functional.pad(held, (0, 0, 0, more)) for held in (self.keys, self.values))

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        self.keys[self._lanes, :, self._at] = key_states[:, :, 0]
        self.values[self._lanes, :, self._at] = value_states[:, :, 0]
        return self.keys[:, :, : self._view], self.values[:, :, : self._view]

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        self.keys, self.values = self.keys[indices], self.values[indices]
        self._lanes = self._lanes[: len(indices)]


def _whole(count: int, unit: int) -> int:
    return -(-count // unit) * unit
