"""Write all corpora into one folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from data_recipes.corpora import docstrings, examples, pictures
from data_recipes.corpora.chinese import TEXTS
from data_recipes.corpora.docstrings import Document
from data_recipes.corpora.pictures import Captioned
from openk15.errors import UserError
from openk15.files import atomic_folder
from openk15.seeds import derive_seed

EXEMPLARS = 24  # documents that show what recall looks for
MARK = "corpora.json"  # says that the folder is ours to replace
DOMAINS = ("english", "chinese", "code", "code_text", "mathematics", "knowledge")  # Appendix B.1; code in two parts


def write_corpora(folder: Path, seed: int = 0, limit: int | None = None) -> dict[str, int]:
    """Records by file, at most `limit` in each. UserError when `folder` holds something else."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise UserError(f"{folder}: holds files that this command did not write, and would be replaced whole; name another folder")
    counts: dict[str, int] = {}
    with atomic_folder(folder.absolute()) as home:

        def put(name: str, records: Iterable[dict[str, Any]]) -> None:
            rows = list(islice(records, limit))
            _write(home / name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
            counts[name] = len(rows)

        for domain in DOMAINS:
            put(f"documents/{domain}.jsonl", map(_record, documents(domain)))
        put("exemplars/code_text.jsonl", map(_record, islice(docstrings.exemplars(), EXEMPLARS)))
        put("captions/captions.jsonl", _captions(home / "captions", seed))
        put("interleaved/interleaved.jsonl", _interleaved(home / "interleaved", seed))
        sft = home / "sft"
        put("sft/general_qa.jsonl", examples.general_qa(1200))
        put("sft/creative_writing.jsonl", examples.creative_writing())
        put("sft/long_context.jsonl", examples.long_context(60, seed))
        put("sft/math_science.jsonl", examples.math_science(400, seed))
        put("sft/code.jsonl", examples.code(400, seed))
        put("sft/ocr.jsonl", _pictured(examples.ocr(200), sft))
        put("sft/grounded_conversation.jsonl", _pictured(examples.grounded_conversations(240, seed), sft))
        put("sft/visual_coding.jsonl", _pictured(examples.visual_coding(240, seed), sft))
        _write(home / MARK, (json.dumps({"seed": seed, "records": counts}, indent=2) + "\n").encode())
    return counts


def _record(one: Document) -> dict[str, Any]:
    return {"id": one.name, "text": one.text, "topic": one.topic, "licence": one.licence}


def _write(path: Path, data: bytes) -> None:
    """The whole folder appears at once, so its files need no care of their own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def documents(domain: str) -> Iterator[Document]:
    if domain == "chinese":
        yield from (Document(f"zh-{number}", text, topic, pictures.OWN_LICENCE) for number, (topic, text) in enumerate(TEXTS))
        return
    seen: set[str] = set()
    for one in getattr(docstrings, domain)():
        name = one.name if one.name not in seen else f"{one.name}-{len(seen)}"
        seen.add(name)
        yield Document(name, one.text, one.topic, one.licence)


def _pictured(found: Iterable[tuple[dict[str, Any], bytes]], home: Path) -> Iterator[dict[str, Any]]:
    for record, picture in found:
        _write(home / record["image"], picture)
        yield record


def _captions(home: Path, seed: int) -> Iterator[dict[str, Any]]:
    by_hand: Iterator[Captioned] = chain(pictures.photographs(seed), pictures.handwriting(150, seed))
    for one in _alternating(by_hand, pictures.drawn(100, seed)):
        _write(home / "pictures" / f"{one.name}.png", one.picture)
        segments = [{"type": "image", "image": f"pictures/{one.name}.png"}, {"type": "text", "text": one.caption}]
        yield {"id": one.name, "segments": segments, "synthetic": one.synthetic, "language": one.language, "licence": one.licence}


def _alternating(many: Iterator[Captioned], few: Iterator[Captioned]) -> Iterator[Captioned]:
    """Two of the first, one of the second, so that a beginning has its share of both."""
    for number, one in enumerate(many):
        yield one
        if number % 2:
            yield from islice(few, 1)
    yield from few


def _interleaved(home: Path, seed: int, count: int = 120) -> Iterator[dict[str, Any]]:
    """Documents in which some paragraphs are pictures of themselves, in their place (Appendix B.2: synthesised interleaving)."""
    made = 0
    for one in docstrings.english():
        paragraphs = [text for text in one.text.split("\n\n") if text.strip()]
        if not 3 <= len(paragraphs) <= 12 or made == count or min(len(text.split()) for text in paragraphs) < 4:
            continue
        turn = derive_seed("corpora", "interleaved", seed, one.name)
        segments: list[dict[str, str]] = []
        for number, text in enumerate(paragraphs):
            if number and (number + turn) % 3 == 0:
                name = f"pictures/page-{made}-{number}.png"
                _write(home / name, pictures.page(text))
                segments.append({"type": "image", "image": name})
            else:
                segments.append({"type": "text", "text": text})
        if any(segment["type"] == "image" for segment in segments):
            yield {"id": f"{one.name}-{made}", "segments": segments, "topic": one.topic, "licence": one.licence}
            made += 1
