"""Root file systems by name (K119): small records, not builds.

`host` shows this machine's programs and libraries, read-only. Every other image is an unpacked OCI root file system in
the folder that OPENK15_SANDBOX_IMAGES names (default /var/lib/openk15/images), one sub-folder an image; `origin` says what to
unpack there. A file `<name>.yaml` in that folder defines a further image or replaces one of ours.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from openk15.errors import UserError

DEFAULT_FOLDER = "/var/lib/openk15/images"
HOST_BINDS = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/java-11-openjdk",
    "/etc/java-17-openjdk",
    "/etc/java-21-openjdk",
    "/etc/mono",
    "/etc/php",
)


@dataclass(frozen=True, slots=True)
class Image:
    name: str
    about: str
    origin: str = ""  # where the root file system can be had, as an OCI reference
    binds: tuple[str, ...] = ()  # of this machine, read-only; for images without a root file system of their own
    path: str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment: tuple[tuple[str, str], ...] = ()
    python: str = "python3"  # what runs Job.python in it; empty when it has none

    @property
    def rootfs(self) -> Path | None:
        return None if self.binds else folder() / self.name

    @property
    def here(self) -> bool:
        """Whether this machine has it."""
        return self.rootfs is None or self.rootfs.is_dir()

    @classmethod
    def from_dict(cls, values: dict[str, Any], where: str) -> Image:
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise UserError(f"{where}: unknown key {unknown[0]!r}; valid keys: {', '.join(sorted(known))}")
        if missing := sorted({"name", "about"} - set(values)):
            raise UserError(f"{where}: key {missing[0]!r} is required")
        values = dict(values)
        values["binds"] = tuple(values.get("binds", ()))
        values["environment"] = tuple((str(key), str(value)) for key, value in dict(values.get("environment", {})).items())
        return cls(**values)


BUILTIN = (
    Image("host", "this machine's programs and libraries, read-only", binds=HOST_BINDS),
    Image("multipl-e", "the MultiPL-E evaluation tool chains (18 languages)", origin="ghcr.io/nuprl/multipl-e-evaluation"),
    Image("dmoj", "the DMOJ judge's run-times, tier 1", origin="docker.io/dmoj/runtimes-tier1"),
    Image("lean", "Lean 4 with mathlib", origin="docker.io/leanprovercommunity/lean4", python=""),
    Image(
        "jupyter",
        "scientific Python with a notebook kernel",
        origin="quay.io/jupyter/scipy-notebook",
        path="/opt/conda/bin:/usr/local/bin:/usr/bin:/bin",
        environment=(("JUPYTER_RUNTIME_DIR", "/tmp"), ("IPYTHONDIR", "/tmp"), ("MPLCONFIGDIR", "/tmp")),
    ),
)


def folder() -> Path:
    return Path(os.environ.get("OPENK15_SANDBOX_IMAGES") or DEFAULT_FOLDER)


def images() -> dict[str, Image]:
    """Every defined image by name, those this machine lacks included."""
    found = {image.name: image for image in BUILTIN}
    for file in sorted(folder().glob("*.yaml")) if folder().is_dir() else ():
        import yaml

        values = yaml.safe_load(file.read_text("utf-8"))
        if not isinstance(values, dict):
            raise UserError(f"{file}: expected a mapping of keys, got {type(values).__name__}")
        image = Image.from_dict({"name": file.stem, **values}, str(file))
        found[image.name] = image
    return found


def get_image(name: str) -> Image:
    """Raises UserError when no such image is defined, or this machine has no copy."""
    known = images()
    if name not in known:
        raise UserError(f"no sandbox image is called {name!r}; known: {', '.join(sorted(known))}")
    image = known[name]
    if not image.here:
        origin = f" (unpack {image.origin} there)" if image.origin else ""
        raise UserError(f"sandbox image {name!r} is not on this machine: {image.rootfs} is not a folder{origin}")
    return image
