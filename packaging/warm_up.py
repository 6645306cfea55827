"""Imports what the commands import, so that it is compiled once, here; and tells what does not load.

    python packaging/warm_up.py torch      what the engines and the learner need; exit 1 when torch or torchvision does not load
    python packaging/warm_up.py others     the rest

Two processes, so that two cores share the work. pip would compile every module of every package, in one process; most are
never imported, and those that are and stand not here are compiled on their first import.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys
import warnings

NEEDED = ("torch", "torchvision")
NAMES = {
    "torch": (
        *NEEDED,
        "torch._dynamo",
        "torch.optim",
        "torch.utils.tensorboard",
        "transformers",
        "transformers.models.auto.modeling_auto",
        "transformers.models.qwen2_5_vl",
        "vllm",
        "vllm.engine.arg_utils",
        "vllm.v1.engine.core_client",
        "vllm.v1.engine.core",
        "vllm.v1.executor.uniproc_executor",
        "vllm.v1.worker.cpu_worker",
        "vllm.model_executor.models.qwen2_5_vl",
        "vllm.model_executor.model_loader",
        "compressed_tensors",
        "omegaconf",
        "mistral_common.tokens.tokenizers.mistral",
    ),
    "others": (
        "pytest",
        "hypothesis",
        "numpy",
        "scipy.stats",
        "scipy.optimize",
        "scipy.fft",
        "scipy.sparse.csgraph",
        "sympy",
        "pandas",
        "pyarrow.parquet",
        "sklearn.datasets",
        "sklearn.linear_model",
        "sklearn.feature_extraction.text",
        "ray",
        "ray.data",
        "ray._private.workers.default_worker",
        "matplotlib.figure",
        "matplotlib.backends.backend_agg",
        "fastapi",
        "uvicorn",
        "rapidocr",
        "datasets",
        "open_clip",
    ),
}


def main(part: str) -> int:
    gc.disable()  # nothing that is imported is garbage, and looking for it takes a quarter of the time
    os.environ.update(HF_HUB_OFFLINE="1", VLLM_LOGGING_LEVEL="ERROR", CUDA_VISIBLE_DEVICES="", RAY_USAGE_STATS_ENABLED="0")
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    lacking = set()
    for name in NAMES[part]:
        try:
            importlib.import_module(name)
        except Exception as error:  # whatever a package raises there, the others are still of use
            print(f"setup: {name} does not load: {type(error).__name__}: {str(error).strip()[:200]}", file=sys.stderr)
            lacking.add(name)
    return int(not lacking.isdisjoint(NEEDED))


if __name__ == "__main__":
    status = main(sys.argv[1])
    sys.stderr.flush()
    os._exit(status)  # tidying up after so many modules takes seconds
