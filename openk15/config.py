"""Typed configs: YAML file + `a.b=c` overrides -> a frozen pydantic model.

An unknown key is an error that names its nearest valid neighbour; a bad value names its key, what was
given and what would be right. Importing a config module never imports torch.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ConfigDict, ValidationError

from openk15.errors import UserError
from openk15.seeds import digest


class StrictModel(BaseModel):
    """Base of every config section: frozen, unknown keys refused, defaults validated."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


Model = TypeVar("Model", bound=BaseModel)


def load_config(model: type[Model], path: Path, overrides: Sequence[str] = ()) -> Model:
    """Read `path`, apply dotted `overrides` in order, validate as `model`.

    Raises UserError naming the file and key when the file is missing, is not YAML, or does not fit.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such config file") from None
    except IsADirectoryError:
        raise UserError(f"{path}: is a folder, expected a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if loaded is None:
        raise UserError(f"{path}: is empty; a mapping of keys is expected")
    if not isinstance(loaded, dict):
        raise UserError(f"{path}: expected a mapping of keys at the top level, got {type(loaded).__name__}")
    return parse_config(model, loaded, overrides, where=str(path))


def parse_config(model: type[Model], values: dict[str, Any], overrides: Sequence[str] = (), *, where: str = "config") -> Model:
    for override in overrides:
        if "=" not in override:
            raise UserError(f"override {override!r}: expected key=value, for example seed=3")
    try:
        merged = OmegaConf.merge(OmegaConf.create(values), OmegaConf.from_dotlist(list(overrides)))
        resolved = OmegaConf.to_container(merged, resolve=True)
    except (OmegaConfBaseException, yaml.YAMLError, TypeError, ValueError) as error:
        raise UserError(f"{where}: {' '.join(str(error).split())}{_list_hint(overrides)}") from None
    try:
        return model.model_validate(resolved)
    except ValidationError as error:
        raise UserError("; ".join(_explain(model, item, where) for item in error.errors())) from None


def _list_hint(overrides: Sequence[str]) -> str:
    """Lists are replaced whole: an override cannot reach into one."""
    inside = next((text for text in overrides if any(part.isdigit() for part in text.partition("=")[0].split("."))), None)
    if inside is None:
        return ""
    return f"; override {inside!r} reaches into a list, which can only be replaced whole (key=[...]) or changed in the file"


def _explain(model: type[BaseModel], item: Any, where: str) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        siblings = _keys_at(model, item["loc"][:-1])
        near = difflib.get_close_matches(str(item["loc"][-1]), siblings, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"valid keys here: {', '.join(sorted(siblings))}"
        return f"{where}: unknown key {key!r}; {hint}"
    if item["type"] == "missing":
        return f"{where}: key {key!r} is required"
    place = f"{where}: key {key!r}" if key else where  # what concerns the whole is at no key
    said = f"{place}: {item['msg'].removeprefix('Value error, ')}"
    if item["type"] == "value_error" and isinstance(item["input"], dict | list):
        return said  # a check of ours has named what is wrong in it; the whole would bury that
    return f"{said} (got {item['input']!r})"


def _keys_at(model: type[BaseModel], location: Sequence[Any]) -> list[str]:
    """Valid keys of the (possibly nested, possibly unioned) model at `location`."""
    candidates: list[type[BaseModel]] = [model]
    for part in location:
        found: list[type[BaseModel]] = []
        for candidate in candidates:
            if isinstance(part, str) and part in candidate.model_fields:
                found += _models_in(candidate.model_fields[part].annotation)
            else:  # list index, mapping key or a union's tag: stay where we are
                found.append(candidate)
        candidates = found or candidates
    return sorted({name for candidate in candidates for name in candidate.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in getattr(annotation, "__args__", ()) for found in _models_in(argument)]


def config_hash(config: BaseModel, exclude: set[str] | None = None) -> str:
    """Digest of a config's resolved values; `exclude` names top-level keys that do not change results."""
    return digest(config.model_dump(mode="json", exclude=exclude))
