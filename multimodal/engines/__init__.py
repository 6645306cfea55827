"""Engines: what generates. `base` has the protocol and its config; `open_engine` makes one by name.

    base          Engine protocol, EngineConfig, Sampling
    vllm_engine   vLLM in process, on CPU and GPU alike (the default)
    torch_engine  plain transformers with a KV cache and a counter-based sampler

Invariant: for the same prompt, prefix, budget, seed and weights an engine returns the same segment, whatever
else it is generating at the time.
"""

from multimodal.engines.base import Engine, EngineConfig, EngineKind, open_engine

__all__ = ["Engine", "EngineConfig", "EngineKind", "open_engine"]
