"""Documents out of the source files of the standard library and of packages; files are parsed, never imported.

Out: `Document`s in the order of file names and lines, each with the licence of its package.
"""

from __future__ import annotations

import ast
import inspect
import re
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PSF, BSD = "PSF-2.0", "BSD-3-Clause"
ENGLISH = ("argparse", "asyncio", "collections", "concurrent", "contextlib", "csv", "dataclasses", "datetime", "email", "functools", "http",
           "inspect", "itertools", "json", "logging", "os", "pathlib", "pickle", "random", "re", "shutil", "socket", "string", "subprocess",
           "tarfile", "textwrap", "threading", "typing", "unittest", "urllib", "zipfile")  # fmt: skip
CODE = ("bisect", "calendar", "cmd", "colorsys", "configparser", "copy", "difflib", "fnmatch", "glob", "gzip", "heapq", "html", "imaplib",
        "ipaddress", "locale", "netrc", "optparse", "pprint", "queue", "sched", "shelve", "shlex", "tempfile", "tokenize", "uuid", "wave",
        "weakref")  # fmt: skip
MATHEMATICS = (("statistics", PSF), ("fractions", PSF), ("numpy/linalg", BSD), ("numpy/fft", BSD), ("numpy/polynomial", BSD),
               ("scipy/special", BSD), ("scipy/optimize", BSD), ("scipy/stats", BSD))  # fmt: skip
KNOWLEDGE = ("sklearn/linear_model", "sklearn/cluster", "sklearn/decomposition", "sklearn/ensemble", "sklearn/tree", "sklearn/neighbors")
CODE_TEXT = ("numpy/lib", "numpy/_core", "numpy/ma", "sklearn/preprocessing", "sklearn/feature_extraction", "sklearn/model_selection")
EXEMPLARS = ("scipy/interpolate", "scipy/signal")
MAX_CHARS = 6000


@dataclass(frozen=True, slots=True)
class Document:
    name: str  # "statistics.median", "sklearn/datasets/iris"
    text: str
    topic: str  # package or module
    licence: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A documented class or function."""

    name: str
    doc: str
    source: str
    signature: str


def standard_library(modules: Sequence[str]) -> list[Path]:
    root = Path(sysconfig.get_path("stdlib"))
    return [path for name in modules for path in _files(root, name)]


def installed(package: str) -> list[Path]:
    """Source files of a package's folder ("numpy/linalg"), without its tests; none where it is not installed."""
    top, _, inner = package.partition("/")
    found = find_spec(top)
    if found is None or not found.submodule_search_locations:
        return _files(Path(sysconfig.get_path("stdlib")), top)
    return _files(Path(next(iter(found.submodule_search_locations))), inner)


def _files(root: Path, name: str) -> list[Path]:
    if (root / f"{name}.py").is_file():
        return [root / f"{name}.py"]
    inside = sorted((root / name).rglob("*.py"))
    return [path for path in inside if "tests" not in path.parts and "test" not in path.parts]


@cache
def entries(path: Path) -> tuple[tuple[Entry, ...], str]:
    """(public documented classes and functions of a file in its order, the module's own docstring)."""
    text = path.read_text("utf-8", errors="replace")
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return (), ""
    lines = text.splitlines()
    found: list[Entry] = []

    def visit(nodes: Sequence[ast.stmt], prefix: str) -> None:
        for node in nodes:
            if not isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) or node.name.startswith("_"):
                continue
            name, doc = f"{prefix}{node.name}", ast.get_docstring(node, clean=False)
            if doc:
                source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                arguments = "" if isinstance(node, ast.ClassDef) else f"({ast.unparse(node.args)})"
                found.append(Entry(name, inspect.cleandoc(doc), source, f"{name}{arguments}"))
            if isinstance(node, ast.ClassDef):
                visit(node.body, f"{name}.")

    visit(tree.body, "")
    return tuple(found), inspect.cleandoc(ast.get_docstring(tree, clean=False) or "")


def _documented(paths: Sequence[Path], licence: str, least: int) -> Iterator[Document]:
    seen: set[str] = set()
    for path in paths:
        module = path.parent.name if path.stem == "__init__" else path.stem
        found, own = entries(path)
        for name, text in ((module, own), *((f"{module}.{entry.name}", entry.doc) for entry in found)):
            if least <= len(text) <= MAX_CHARS and text not in seen:
                seen.add(text)
                yield Document(name, text, module, licence)


def english() -> Iterator[Document]:
    return _documented(standard_library(ENGLISH), PSF, 300)


def mathematics() -> Iterator[Document]:
    for package, licence in MATHEMATICS:
        yield from _documented(installed(package), licence, 400)


def knowledge() -> Iterator[Document]:
    """Descriptions of scikit-learn's data sets, and of its methods."""
    found = find_spec("sklearn")
    if found is not None and found.submodule_search_locations:
        for path in sorted((Path(next(iter(found.submodule_search_locations))) / "datasets" / "descr").glob("*.rst")):
            text = re.sub(r"^\.\. _.*\n+", "", path.read_text("utf-8")).strip()
            yield Document(f"sklearn/datasets/{path.stem}", text[:MAX_CHARS], "data sets", BSD)
    for package in KNOWLEDGE:
        yield from _documented(installed(package), BSD, 800)


def code() -> Iterator[Document]:
    """Functions and classes of 8 to 80 lines, with their docstring."""
    seen: set[str] = set()
    for path in standard_library(CODE):
        for entry in entries(path)[0]:
            text = inspect.cleandoc(entry.source) if entry.source.startswith(" ") else entry.source
            if 8 <= text.count("\n") + 1 <= 80 and text not in seen:
                seen.add(text)
                yield Document(f"{path.stem}.{entry.name}", text, path.stem, PSF)


def code_text(packages: Sequence[str] = CODE_TEXT) -> Iterator[Document]:
    """Documents in which text and code take turns: explanations with at least two stretches of an interpreter's session (K72)."""
    for package in packages:
        for one in _documented(installed(package), BSD, 600):
            if len(re.findall(r"(?:^[ \t]*>>> .*\n?(?:^[ \t]*\.\.\. .*\n?)*)+", one.text, re.MULTILINE)) >= 2:
                yield one


def exemplars() -> Iterator[Document]:
    """Of another package than those of `code_text`: what recall is to find more of."""
    return code_text(EXEMPLARS)


def summaries(modules: Sequence[str] = ENGLISH) -> Iterator[tuple[str, Entry]]:
    """(module, entry) of everything in the standard library whose docstring begins with a sentence of its own."""
    for path in standard_library(modules):
        module = path.parent.name if path.stem == "__init__" else path.stem
        for entry in entries(path)[0]:
            first = entry.doc.partition("\n\n")[0]
            if 30 <= len(first) <= 400 and first.rstrip().endswith("."):
                yield module, entry
