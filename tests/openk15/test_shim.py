"""The torchvision shim, each time in a fresh interpreter as it is installed in this environment."""

import json
import os
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest


def _installed() -> bool:
    try:
        version("openk15-torchvision-cpu-shim")
    except PackageNotFoundError:
        return False
    return True


pytestmark = pytest.mark.skipif(not _installed(), reason="the shim belongs to CPU environments, and this one has none")


def answer(code: str, **env: str) -> dict[str, object]:
    script = f"import sys, json\n{code}\nprint(json.dumps(answer))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env={**os.environ, **env}, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_torchvision_works_in_a_fresh_interpreter_and_a_missing_operator_says_so_when_called():
    found = answer(
        "import torchvision, torch, openk15_torchvision_shim as shim\n"
        "from torchvision.transforms import v2\n"
        "try:\n    torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5); said = ''\n"
        "except RuntimeError as error:\n    said = str(error)\n"
        "answer = {'state': shim.state(), 'ops': torchvision.extension._has_ops(), 'said': said,\n"
        "          'shape': list(v2.functional.resize(torch.zeros(3, 8, 8), [4, 6]).shape)}"
    )
    assert found["shape"] == [3, 4, 6]
    assert found["state"] == ("native" if found["ops"] else "shimmed")
    assert ("Couldn't load custom C++ ops" in str(found["said"])) == (not found["ops"])


def test_what_needs_torchvision_imports_in_a_child_of_a_child():
    """vLLM too, which has its own process in the test of `openk15 doctor`, and Ray's workers: those of tests/rl/test_kills.py need it."""
    statements = (
        "import open_clip",
        "from transformers import Qwen2VLImageProcessor, Qwen2_5_VLForConditionalGeneration",
        "import torchvision",
    )
    assert (
        answer(f"import subprocess\nsubprocess.run([sys.executable, '-I', '-c', {'; '.join(statements)!r}], check=True)\nanswer = {{}}")
        == {}
    )


def test_interpreter_start_and_looking_for_torchvision_import_no_torch():
    found = answer(
        "import importlib.util\n"
        "found = importlib.util.find_spec('torchvision') is not None\n"
        "answer = {'found': found, 'loaded': sorted({'torch', 'torchvision', 'typing'} & set(sys.modules))}"
    )
    assert found == {"found": True, "loaded": []}


def test_interpreter_start_stays_fast():
    begin = time.perf_counter()
    answer(
        "import importlib; del sys.modules['openk15_torchvision_shim']; importlib.import_module('openk15_torchvision_shim')\nanswer = {}"
    )
    assert time.perf_counter() - begin < 5
    found = answer(
        "import time, importlib\n"
        "del sys.modules['openk15_torchvision_shim']\n"
        "begin = time.perf_counter(); importlib.import_module('openk15_torchvision_shim').install()\n"
        "answer = {'ms': (time.perf_counter() - begin) * 1000}"
    )
    assert isinstance(found["ms"], float)
    assert found["ms"] < 50


def test_nothing_is_declared_where_the_compiled_part_loads(tmp_path: Path):
    """A stand-in torch whose `load_library` succeeds: the shim must then leave the operators alone."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(
        "class ops:\n    loaded = []\n    load_library = staticmethod(loaded.append)\nclass library:\n    Library = None\n"
    )
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text("")
    found = answer(
        "import torchvision, torch, openk15_torchvision_shim as shim\nanswer = {'state': shim.state(), 'loaded': torch.ops.loaded}",
        PYTHONPATH=str(tmp_path),
    )
    assert found == {"state": "native", "loaded": [str(tmp_path / "torchvision" / "_C.so")]}


def test_other_imports_and_second_installs_are_left_alone():
    found = answer(
        "import openk15_torchvision_shim as shim\n"
        "before = len(sys.meta_path); shim.install()\n"
        "answer = {'added': len(sys.meta_path) - before, 'other': shim._Finder.find_spec('torch')}"
    )
    assert found == {"added": 0, "other": None}
