"""`hub`: any data set of the Hugging Face hub, or a local folder in one of its forms, through a declared field map.

sources:
  - use: hub
    dataset: openai/gsm8k            # a name on the hub, or a folder (parquet, json, csv, an image folder, save_to_disk)
    subset: main
    split: train
    revision: e53f048856ff4f594e959d75785d2c2d37b678ee   # pins what is read
    fields: {question: question, answer: answer}
    licence: MIT

Without a network everything works with a folder. A row's place is its number: "openai/gsm8k[train]:17".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from data_recipes.sources.base import BadRecord
from data_recipes.sources.fields import check_columns, nearest
from data_recipes.sources.files import BATCH, Found
from data_recipes.sources.records import MappedReader
from openk15.errors import UserError

DATA_ENDINGS = (".parquet", ".jsonl", ".json", ".csv", ".tsv", ".arrow", ".gz", ".zip", ".zst", ".png", ".jpg", ".jpeg", ".webp")


class Hub(MappedReader):
    name = "hub"

    dataset: str = Field(min_length=1, description="name on the hub, or a local folder")
    subset: str | None = Field(default=None, description="called configuration or subset on the hub")
    split: str = "train"
    revision: str | None = Field(default=None, description="commit on the hub; pin it for builds that can be repeated")

    def place(self) -> str:
        return f"{self.dataset}[{self.split}]"

    def inputs(self) -> Sequence[Path]:
        """The files of a local folder; of a hub data set the files that were fetched, which are hashed like any others."""
        folder = local_folder(self.dataset)
        if folder is not None:
            return sorted(path for path in folder.rglob("*") if path.is_file() and path.name.endswith(DATA_ENDINGS))
        return hub_files(self.name, self.dataset, self.subset, self.split, self.revision)

    def records(self) -> Iterator[Found | BadRecord]:
        yield from hub_records(self.name, self.dataset, self.subset, self.split, self.revision)

    def check(self) -> None:
        self.need_answer()
        headers = (found.record for found in self.records() if isinstance(found, Found))
        check_columns(self.fields.columns(), headers, f"source {self.name}: {self.dataset}")


def local_folder(dataset: str) -> Path | None:
    path = Path(dataset).expanduser()
    return path if path.is_dir() else None


def hub_records(source: str, dataset: str, subset: str | None, split: str, revision: str | None) -> Iterator[Found | BadRecord]:
    """Rows in order; pictures stay as they are stored ({"bytes", "path"}), undecoded."""
    loaded = load(source, dataset, subset, split, revision)
    folder = local_folder(dataset) or Path()
    number = 0
    for table in loaded.with_format("arrow").iter(batch_size=BATCH):
        for record in table.to_pylist():
            number += 1
            yield Found(f"{dataset}[{split}]:{number}", record, folder)


def hub_files(source: str, dataset: str, subset: str | None, split: str, revision: str | None) -> list[Path]:
    """The files that were fetched."""
    return sorted({Path(file["filename"]) for file in load(source, dataset, subset, split, revision).cache_files})


def load(source: str, dataset: str, subset: str | None, split: str, revision: str | None) -> Any:
    """The data set's split. UserError naming the data set, and how to give a local folder, when it cannot be had."""
    import datasets

    folder = local_folder(dataset)
    if folder is None and dataset.startswith((".", "/", "~")):
        raise UserError(f"source {source}: {dataset}: no such folder")
    try:
        if folder is not None and (folder / "dataset_dict.json").exists() | (folder / "state.json").exists():
            found: Any = datasets.load_from_disk(str(folder))
            if not isinstance(found, datasets.DatasetDict):
                return found
        else:
            found = datasets.load_dataset(str(folder or dataset), subset, revision=revision)
    except Exception as error:  # dozens of classes, by what of hub, network, cache and format failed
        raise UserError(_explain(source, dataset, folder, error)) from None
    if split not in found:
        raise UserError(f"source {source}: {dataset} has no split {split!r}; {nearest(split, [str(name) for name in found])}")
    return found[split]


def _explain(source: str, dataset: str, folder: Path | None, error: Exception) -> str:
    said = " ".join(str(error).split())[:200]
    if folder is not None:
        return f"source {source}: folder {folder} cannot be read as a data set: {said}"
    key = "dataset" if source == "hub" else "path"
    return (
        f"source {source}: {dataset} cannot be fetched from the hub ({type(error).__name__}: {said}); "
        f"without a network fetch it elsewhere (`hf download --repo-type dataset {dataset} --local-dir FOLDER`) and set `{key}: FOLDER`"
    )
