"""vLLM in this process: requests are added to its engine core and a pump steps it while any is in flight.

    extend ──▶ EngineCoreRequest ──▶ core.step ──▶ one token a stream ──▶ eos? repeat? full? ──▶ Segment
    load   ──▶ every tensor checked ──▶ layerwise reload ──▶ prefix, encoder and multimodal caches dropped

The core is handed `prompt.ids`, `prompt.pixels` and `prompt.grid` as they are: nothing is tokenized or
processed a second time, so engine and learner cannot see different prompts.

Invariants: a placeholder is never sampled and log-probs are those of the tempered distribution without the
forbidden ids; a segment depends on prompt, prefix, budget, seed and weights only; no two versions of the
weights meet in one segment; a token that was sampled is never lost.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from multimodal.engines.base import EngineConfig
from multimodal.processing import ProcessedPrompt, PromptProcessor
from multimodal.repetition import RepeatRule, repeats
from multimodal.segment import Segment, StopReason
from multimodal.weights import WeightSource, checked, tensor_digest
from openk15.errors import GuardError, RunError, UserError
from openk15.garbage import importing
from openk15.seeds import digest

ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    # Splitting a sequence over threads by load would make log-probs depend on what else is in the batch.
    "VLLM_CPU_ATTN_SPLIT_KV": "0",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "HF_HUB_OFFLINE": "1",
}
REMEMBERED_PROMPTS = 1024
CPU_BLOCK_TOKENS = 32  # short prompts share whole blocks, and attention pads less than with vLLM's 128


@dataclass(slots=True)
class _Stream:
    """One request in flight."""

    future: asyncio.Future[Segment]
    prefix: tuple[int, ...]
    most: int  # tokens this call may sample
    full: StopReason  # what it means to have sampled that many
    seed: int
    token_ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)

    def segment(self, version: int, stop: StopReason) -> Segment:
        return Segment(tuple(self.token_ids), tuple(self.logprobs), version, self.seed, stop)


class VLLMEngine:
    def __init__(self, config: EngineConfig, policy: Path):
        processor = PromptProcessor.load(policy)
        self._config = config
        self._policy = policy
        self._image_token_id = processor.image_token_id
        self._eos_ids = frozenset(processor.eos_ids)
        self._names = itertools.count()
        self._streams: dict[str, _Stream] = {}
        self._pump: asyncio.Task[None] | None = None
        self._features: dict[int, tuple[ProcessedPrompt, list[Any]]] = {}
        self._version = 0
        self._unfit: str | None = None  # why it must not generate
        self._client: Any = _open_core(config, policy, processor.forbidden_ids)
        self._fields = _picture_fields(self._client.engine_core.vllm_config.model_config) if processor.takes_pictures else None
        self._shapes = self._engine_names(_tensor_shapes(policy))

    @property
    def version(self) -> int:
        return self._version

    async def extend(self, prompt: ProcessedPrompt, prefix: Sequence[int], budget: int, seed: int) -> Segment:
        from vllm import SamplingParams
        from vllm.v1.engine import EngineCoreRequest

        if self._unfit:
            raise RunError(self._unfit)
        room = self._config.max_model_len - len(prompt.ids) - len(prefix)
        if budget < 1 or room < 1:
            raise UserError(
                f"budget={budget} with {len(prompt.ids)} prompt and {len(prefix)} earlier tokens: "
                f"nothing can be sampled within engine.max_model_len={self._config.max_model_len}"
            )
        most = min(budget, room)
        params = SamplingParams(
            temperature=self._config.temperature,
            seed=seed,
            max_tokens=most,
            stop_token_ids=list(self._eos_ids),
            logprobs=0,
            detokenize=False,
        )
        name = str(next(self._names))
        request = EngineCoreRequest(
            request_id=name,
            prompt_token_ids=[*prompt.ids, *prefix],
            mm_features=self._picture_features(prompt),
            sampling_params=params,
            pooling_params=None,
            arrival_time=0.0,
            lora_request=None,
            cache_salt=None,
            data_parallel_rank=None,
        )
        self._client.add_request(request)
        full = StopReason.CONTEXT if most == room else StopReason.BUDGET
        stream = _Stream(asyncio.get_running_loop().create_future(), tuple(prefix), most, full, seed)
        self._streams[name] = stream
        self._keep_pumping()
        try:
            return await stream.future
        finally:
            if self._streams.pop(name, None) is not None:  # cancelled
                self._client.abort_requests([name])

    def _keep_pumping(self) -> None:
        """One pump on the running loop; the loop of an earlier one may be gone."""
        if self._pump is None or self._pump.done() or self._pump.get_loop() is not asyncio.get_running_loop():
            self._pump = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        while self._streams:
            try:
                self._step()
            except Exception as error:
                self._unfit = f"vLLM failed while it generated: {type(error).__name__}: {error}"
                for stream in self._streams.values():
                    if not stream.future.done():
                        stream.future.set_exception(RunError(self._unfit))
                self._streams.clear()
                return
            await asyncio.sleep(0)

    def _step(self) -> None:
        for output in self._client.get_output().outputs:
            stream = self._streams.get(output.request_id)
            if stream is None:
                continue
            for token, logprob in zip(output.new_token_ids, output.new_logprobs.logprobs[:, 0].tolist(), strict=True):
                stream.token_ids.append(token)
                stream.logprobs.append(logprob)
            stop = self._stop(stream)
            if stop is None:
                if output.finish_reason is not None:
                    raise RuntimeError(f"request ended early ({output.finish_reason}) after {len(stream.token_ids)} tokens")
                continue
            if output.finish_reason is None:
                self._client.abort_requests([output.request_id])
            del self._streams[output.request_id]
            if not stream.future.done():
                stream.future.set_result(stream.segment(self._version, stop))

    def _stop(self, stream: _Stream) -> StopReason | None:
        if stream.token_ids[-1] in self._eos_ids:
            return StopReason.EOS
        rule = self._config.repeat
        if rule is not None and _repeats(stream.prefix, stream.token_ids, rule):
            return StopReason.REPEAT
        return stream.full if len(stream.token_ids) >= stream.most else None

    def _picture_features(self, prompt: ProcessedPrompt) -> list[Any] | None:
        if prompt.pixels is None:
            return None
        known = self._features.get(id(prompt))
        if known is None or known[0] is not prompt:
            if len(self._features) >= REMEMBERED_PROMPTS:
                self._features.clear()
            known = self._features[id(prompt)] = (prompt, self._build_features(prompt))
        return known[1]

    def _build_features(self, prompt: ProcessedPrompt) -> list[Any]:
        """One feature a picture, at its run of placeholders; GuardError when runs and pictures disagree."""
        from transformers import BatchFeature
        from vllm.multimodal.inputs import (
            MultiModalFeatureSpec,
            MultiModalFieldElem,
            MultiModalKwargsItems,
            MultiModalSharedField,
            PlaceholderRange,
        )

        if prompt.grid is None or self._fields is None:
            raise UserError(f"{self._policy}: vLLM is fed by picture grids (Qwen-VL policies); use engine.kind=torch")
        fields, merge = self._fields
        data = {"pixel_values": torch.from_numpy(prompt.pixels), "image_grid_thw": torch.from_numpy(prompt.grid)}
        items = MultiModalKwargsItems.from_hf_inputs(BatchFeature(data), fields(data))["image"]
        patches = prompt.grid.prod(axis=1)
        ends = patches.cumsum()
        features: list[Any] = []
        at = 0
        for item, count, end, grid in zip(items, patches, ends, prompt.grid, strict=True):
            length = int(count) // merge**2
            at = _find(prompt.ids, self._image_token_id, at)
            if prompt.ids[at : at + length] != (self._image_token_id,) * length:
                raise GuardError(f"picture {len(features)} gives {length} features, but its run of placeholders at {at} is not as long")
            name = digest(tensor_digest(data["pixel_values"][int(end - count) : int(end)]), grid.tolist())
            # vLLM encodes pictures of one step together unless a shared field differs; together, their last bits
            # depend on the company.
            item["alone"] = MultiModalFieldElem(torch.tensor(int(name[:15], 16)), MultiModalSharedField(batch_size=1))
            features.append(MultiModalFeatureSpec(item, "image", name, PlaceholderRange(at, length), name))
            at += length
        if self._image_token_id in prompt.ids[at:]:
            raise GuardError(f"prompt has more image placeholders than its {len(features)} pictures give features")
        return features

    async def load(self, version: int, weights: WeightSource) -> None:
        """GuardError before anything is touched if a tensor is wrong, missing or unknown."""
        if self._client is None:
            raise RunError(str(self._unfit))
        if self._streams:
            raise RunError(f"weights of version {version} came while {len(self._streams)} segments were being sampled")
        self._unfit = f"the load of weights version {version} failed; load a version before sampling"
        core = self._client.engine_core
        # vLLM cannot recover from a load that stops half way, so all tensors are checked before the first goes in.
        tensors = list(checked(weights, version))
        self._check_shapes(version, self._engine_names({name: tuple(tensor.shape) for name, tensor in tensors}))
        try:
            core.collective_rpc("reload_weights", kwargs={"weights_iterator": iter(tensors)})
        except (ValueError, KeyError, RuntimeError, AssertionError) as error:
            raise RunError(f"weights of version {version} do not load into vLLM: {' '.join(str(error).split())[:300]}") from error
        if not core.reset_prefix_cache():
            raise RunError(f"weights of version {version}: vLLM refused to drop its prefix cache")
        core.reset_encoder_cache()
        core.reset_mm_cache()
        self._version, self._unfit = version, None

    def _check_shapes(self, version: int, shapes: Mapping[str, tuple[int, ...]]) -> None:
        for name, shape in self._shapes.items():
            if shapes.get(name) != shape:
                raise GuardError(
                    f"weights of version {version}: the engine's {name!r} wants shape {shape}, got {shapes.get(name, 'nothing')}"
                )
        unknown = shapes.keys() - self._shapes.keys()
        if unknown and not self._tied:  # a tied head is sent, but never stored
            raise GuardError(f"weights of version {version}: the engine has no tensor {min(unknown)!r}")

    def _engine_names(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        """Both ways in which transformers names tensors (in memory, in a folder) become vLLM's one."""
        mapper = getattr(self._model, "hf_to_vllm_mapper", None)
        return mapper.apply_dict(dict(shapes)) if mapper else dict(shapes)

    @property
    def _tied(self) -> bool:
        return bool(getattr(self._client.engine_core.vllm_config.model_config.hf_config, "tie_word_embeddings", False))

    @property
    def _model(self) -> torch.nn.Module:
        return self._client.engine_core.model_executor.driver_worker.worker.model_runner.get_model()

    def weight_digests(self) -> dict[str, str]:
        """Every parameter and buffer; a matrix that vLLM keeps packed is read back through its own product."""
        found: dict[str, str] = {}
        for path, module in self._model.named_modules():
            for name, tensor in itertools.chain(module.named_parameters(recurse=False), module.named_buffers(recurse=False)):
                found[f"{path}.{name}"] = tensor_digest(tensor)
            if hasattr(module, "cpu_linear"):
                found[f"{path}.weight[packed]"] = tensor_digest(_unpack(module))  # a tied head keeps both forms
        return found

    def _corrupt_weight(self, name: str) -> None:
        """For tests: spoil one live parameter in place, as a faulty transfer would."""
        with torch.no_grad():
            self._model.get_parameter(name).mul_(1.5).add_(0.25)

    async def close(self) -> None:
        if self._client is None:
            return
        self._unfit = "the engine is closed"
        for stream in self._streams.values():
            stream.future.cancel()
        self._streams.clear()
        self._features.clear()
        self._client.shutdown()  # thaws the libraries' objects too, and collects while the client still holds the engine's
        self._client = None
        gc.collect()
        gc.freeze()  # what is left are the libraries; vLLM thaws it again when the next engine is closed


def _repeats(prefix: Sequence[int], new: list[int], rule: RepeatRule) -> bool:
    span = rule.max_period * rule.min_count
    tail = new[-span:] if len(new) >= span else [*prefix[len(prefix) - min(len(prefix), span - len(new)) :], *new]
    # Almost no token occurs among its last few: most calls end here.
    return tail[-1] in tail[-1 - rule.max_period : -1] and repeats(tail, rule)


def _find(ids: Sequence[int], token: int, start: int) -> int:
    try:
        return ids.index(token, start)
    except ValueError:
        raise GuardError(f"prompt has no image placeholder after position {start} but one more picture") from None


def _unpack(module: Any) -> torch.Tensor:
    """The matrix inside a packed linear layer: its product with the identity is exact."""
    width = int(getattr(module, "input_size_per_partition", 0) or module.embedding_dim)
    dtype = module.weight.dtype
    with torch.no_grad():
        return module.cpu_linear(torch.eye(width, dtype=dtype), module.weight, None).T.contiguous()


def _tensor_shapes(policy: Path) -> dict[str, tuple[int, ...]]:
    from safetensors import safe_open

    shapes: dict[str, tuple[int, ...]] = {}
    for file in sorted(policy.glob("*.safetensors")):
        with safe_open(file, framework="pt") as handle:
            shapes |= {name: tuple(handle.get_slice(name).get_shape()) for name in handle.keys()}  # noqa: SIM118 - not a mapping
    if not shapes:
        raise UserError(f"{policy}: no *.safetensors file; save the policy with save_pretrained")
    return shapes


def _picture_fields(model_config: Any) -> tuple[Any, int]:
    """How the model's own vLLM processor cuts pixels into pictures, and patches a feature side."""
    from vllm.multimodal import MULTIMODAL_REGISTRY

    processor = MULTIMODAL_REGISTRY.create_processor(model_config)
    merge = int(getattr(model_config.hf_config.vision_config, "spatial_merge_size", 1))
    return lambda data: processor._get_mm_fields_config(data, {}), merge


def _forbid(ids: Sequence[int]) -> type:
    """A logits processor that puts `ids` out of reach, before temperature and log-probs."""
    from vllm.v1.sample.logits_processor import LogitsProcessor

    class Forbid(LogitsProcessor):
        def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool):
            self.ids = torch.tensor(ids, dtype=torch.int64, device=device)

        def apply(self, logits: torch.Tensor) -> torch.Tensor:
            return logits.index_fill_(1, self.ids, float("-inf"))

        def is_argmax_invariant(self) -> bool:
            return False

        def update_state(self, batch_update: Any) -> None:
            pass

    return Forbid


def _open_core(config: EngineConfig, policy: Path, forbidden: Sequence[int]) -> Any:
    os.environ.update({name: os.environ.get(name, value) for name, value in ENVIRONMENT.items()})
    with importing("vllm"):  # vLLM collects seven times while it starts, each time through all that was imported
        from vllm.engine.arg_utils import EngineArgs
        from vllm.platforms import current_platform
        from vllm.v1.engine.core_client import InprocClient
        from vllm.v1.executor import Executor

    on_cpu = current_platform.is_cpu()
    set_num_threads = torch.set_num_threads
    logging.getLogger("torch._library.triton").setLevel(logging.ERROR)  # there is no Triton on CPU, and none is needed
    try:
        arguments = EngineArgs(
            model=str(policy),
            dtype=config.dtype,  # type: ignore[arg-type]
            max_model_len=config.max_model_len,
            max_num_seqs=config.max_num_seqs,
            max_num_batched_tokens=max(8192, config.max_model_len),
            enable_chunked_prefill=False,
            enforce_eager=True,
            block_size=CPU_BLOCK_TOKENS if on_cpu else None,  # type: ignore[arg-type]
            use_tqdm_on_load=False,
            seed=0,
            generation_config="vllm",
            logprobs_mode="processed_logprobs",
            logits_processors=[_forbid(forbidden)],
            limit_mm_per_prompt={"video": 0},
            mm_processor_cache_gb=0,
            mm_device_do_normalize=False,  # the pixels are normalised already; vLLM would do it again
            gpu_memory_utilization=config.gpu_memory_utilization,
            kv_cache_memory_bytes=int(config.kv_cache_gib * 2**30) if on_cpu else None,
            disable_log_stats=True,
        ).create_engine_config()
        return InprocClient(arguments, Executor.get_class(arguments), log_stats=False)
    except ValueError as error:
        raise UserError(f"{policy}: vLLM does not take this policy or engine config: {' '.join(str(error).split())[:300]}") from None
    finally:
        torch.set_num_threads = set_num_threads  # vLLM on CPU disables it for the whole process, which may hold a learner
