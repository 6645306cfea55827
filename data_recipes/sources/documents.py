"""`documents`: texts, and texts with pictures in their place, for pretraining. Nothing is asked and nothing judged.

jsonl (or parquet) records, with `text`, or with `segments` in reading order:

    {"id": "d1", "text": "…", "url": "https://…"}
    {"id": "d2", "segments": [{"type": "text", "text": "…"}, {"type": "image", "image": "a.png"}, {"type": "text", "text": "…"}],
     "synthetic": true, "topic": "optics"}

sources:
  - {use: documents, path: pages, licence: CC0-1.0, fields: {url: url, synthetic: synthetic, tags: {discipline: topic}}}

The order of texts and pictures is kept as it is. `synthetic` says whether a model wrote the caption; it becomes the tag
`caption_origin`: synthetic or human. The answer's verifier is `none`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from data_recipes.problem import Problem
from data_recipes.sources import files
from data_recipes.sources.base import Candidate
from data_recipes.sources.fields import ABSENT, cell_of, content_keys, nearest, tag_cells
from data_recipes.sources.files import Found, plain
from data_recipes.sources.forms import NONE
from data_recipes.sources.pictures import picture_of
from data_recipes.sources.prompts import decoded
from data_recipes.sources.records import Columns, OwnFiles
from data_recipes.sources.unfit import Unfit, shown
from multimodal.messages import Part, user
from rewards.verdict import Answer


class DocumentFields(Columns):
    """Column names. A record has `segments`, or else `text`."""

    text: str = "text"
    segments: str = "segments"
    url: str | None = None
    synthetic: str | None = None

    def named(self) -> dict[str, str]:
        """Columns that the recipe names beyond the two of which one is enough."""
        return {key: name for key, name in super().named().items() if key not in ("text", "segments")}


class Documents(OwnFiles):
    name = "documents"
    note = "Train and held-out share no picture, and no text where there is no picture."
    endings: ClassVar[tuple[str, ...]] = (*files.JSONL, *files.PARQUET)

    fields: DocumentFields = DocumentFields()

    def columns(self) -> DocumentFields:
        return self.fields

    def pictured(self, record: Mapping[str, Any]) -> Iterator[Any]:
        segments = decoded(cell_of(record, self.fields.segments))
        for segment in segments if isinstance(segments, list) else []:
            if isinstance(segment, Mapping):
                yield segment.get("image")

    def candidate(self, found: Found) -> Candidate:
        images: dict[str, bytes] = {}
        parts = self._parts(found, images)
        form = "interleaved" if len(images) > 1 or (images and _texts(parts) > 1) else "caption" if images else "text"
        tags = {
            "source": self.name,
            "licence": self.licence_named,
            "modality": "image-text" if images else "text",
            "question_type": "document",
            "grade": "1",
            "template": f"{self.tags.get('source', self.name)}/{form}",
            **({"origin": "real"} if images else {}),
            **self.tags,
            **tag_cells(found.record, self.fields.tags),
            **self._origin(found.record),
        }
        lineage = (f"source {tags['source']}: {found.where}",)
        problem = Problem((user(*parts),), Answer(NONE, None), tags, lineage=lineage)
        return Candidate(
            (problem,), images, content_keys(problem), plain({key: value for key, value in found.record.items() if key not in self._kept})
        )

    @property
    def _kept(self) -> tuple[str, ...]:
        """Columns that the problem holds whole. Segments stay in `raw`: the order of the parts is checked against them."""
        return (self.fields.text,)

    def _origin(self, record: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        if self.fields.url is not None and isinstance(url := cell_of(record, self.fields.url), str) and url.strip():
            found["url"] = url.strip()
        if self.fields.synthetic is not None and (made := cell_of(record, self.fields.synthetic)) not in (ABSENT, None):
            if not isinstance(made, bool):
                raise Unfit(f"field {self.fields.synthetic!r}: {made!r} is not true or false")
            found["caption_origin"] = "synthetic" if made else "human"
        return found

    def _parts(self, found: Found, images: dict[str, bytes]) -> list[Part]:
        column = self.fields.segments
        segments = decoded(cell_of(found.record, column))
        if segments in (ABSENT, None):
            return [_text(found.record, self.fields)]
        if not isinstance(segments, list) or not segments:
            raise Unfit(f"field {column!r}: expected a list of texts and pictures, got {type(segments).__name__} {shown(segments)}")
        parts = []
        for place, segment in enumerate(segments):
            field = f"{column}[{place}]"
            kind = segment.get("type") if isinstance(segment, Mapping) else None
            if kind not in ("text", "image") or not isinstance(segment, Mapping):
                raise Unfit(f'field {field!r}: {shown(segment)} is no segment; {{"type": "text" or "image", …}} is expected')
            if kind == "image":
                name, data = picture_of(segment.get("image"), self.folder(found), field)
                images[name] = data
                parts.append(Part(image=name))
            elif isinstance(text := segment.get("text"), str) and text.strip():
                parts.append(Part(text=text))
            else:
                raise Unfit(f"field {field!r}: a text segment without text")
        return parts


def _text(record: Mapping[str, Any], fields: DocumentFields) -> Part:
    value = cell_of(record, fields.text)
    if value is ABSENT:
        raise Unfit(f"has neither a field {fields.segments!r} nor a field {fields.text!r}; {nearest(fields.text, list(record))}")
    if not isinstance(value, str) or not value.strip():
        raise Unfit(f"field {fields.text!r}: expected text, got {type(value).__name__} {shown(value)}")
    return Part(text=value)


def _texts(parts: Sequence[Part]) -> int:
    return sum(part.text is not None for part in parts)
