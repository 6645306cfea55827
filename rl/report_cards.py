"""A dozen responses, chosen to show the run and not to flatter it.

In: the ledger's records, a way to look problems up, a way to decode tokens. Out: `Card`s for the template.

The choice is a pure function of the records: at every step the response is taken whose features (right or
wrong, one or several segments, kind of problem, early or late, why it ended, already seen problem) have been
shown least, ties broken by a digest of its id. Nobody picks.
"""

from __future__ import annotations

import base64
import dataclasses
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from data_recipes.problem import Problem
from multimodal.images import decode_image, encode_png
from openk15.errors import UserError
from openk15.seeds import digest
from rl.report_data import Record

Decode = Callable[[Sequence[int]], str]
EMBEDDED_PIXELS = 640  # no side of an embedded picture is longer
SHOWN_WIDTH, SHOWN_HEIGHT = 300, 170  # a small picture is blown up by a whole factor to at most this
RIGHT = "correct"


@dataclasses.dataclass(frozen=True, slots=True)
class ProblemView:
    """What a card shows of a problem."""

    question: str
    reference: str
    tags: Mapping[str, str]
    images: tuple[bytes, ...]  # encoded pictures


class ProblemLookup(Protocol):
    """A loaded dataset: its problems, and encoded pictures by digest."""

    @property
    def problems(self) -> Sequence[Problem]: ...

    @property
    def images(self) -> Mapping[str, bytes]: ...


def views(problems: ProblemLookup | None) -> Callable[[str], ProblemView | None]:
    """By problem id; None for a problem the dataset does not hold."""
    by_id = {problem.id: problem for problem in problems.problems} if problems is not None else {}

    def view(problem_id: str) -> ProblemView | None:
        problem = by_id.get(problem_id)
        if problem is None or problems is None:
            return None
        question = "\n".join(message.text for message in problem.messages if message.text)
        pictures = tuple(problems.images[name] for name in problem.images)
        return ProblemView(question, problem.answer.reference, problem.tags, pictures)

    return view


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """One segment of a response; `text` is None when tokens cannot be decoded here."""

    index: int
    text: str | None
    tokens: int
    iteration: int
    version: int
    stop: str


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    uri: str
    width: int  # CSS pixels
    height: int
    crisp: bool  # blown up: show the pixels


@dataclasses.dataclass(frozen=True, slots=True)
class Card:
    record: Record
    problem: ProblemView | None
    pictures: tuple[Picture, ...]
    pieces: tuple[Piece, ...]
    note: str | None  # what does not add up in it

    @property
    def status(self) -> str:
        return str((self.record.verdict or {}).get("status", "not judged"))

    @property
    def tokens(self) -> int:
        return sum(self.record.lengths)


def choose(records: Sequence[Record], kind: Callable[[Record], str], count: int = 12) -> list[Record]:
    """`count` judged records (fewer if there are fewer), by iteration finished."""
    pool = [record for record in records if record.verdict is not None and record.lengths]
    last = max((record.finished for record in pool), default=0)

    def features(record: Record) -> tuple[tuple[float, str], ...]:
        status = str((record.verdict or {})["status"])
        third = ("early", "middle", "late")[min(2, record.finished * 3 // (last + 1))]
        segments = "several" if len(record.lengths) > 1 else "one"
        return (
            (2.0, f"right {status == RIGHT}"),
            (2.0, f"segments {segments}"),
            (2.0, f"kind {kind(record)}"),
            (1.5, f"when {third}"),
            (0.5, f"status {status}"),
            (0.3, f"stop {record.stops[-1]}"),
            (4.0, f"problem {record.problem}"),
            (0.5, f"both {third} {segments} {status == RIGHT}"),
        )

    order = sorted(pool, key=lambda record: digest("card", record.id))
    described = {record.id: features(record) for record in order}
    shown: Counter[str] = Counter()
    chosen: list[Record] = []
    while order and len(chosen) < count:
        best = min(order, key=lambda record: sum(weight * shown[name] for weight, name in described[record.id]))
        order.remove(best)
        chosen.append(best)
        shown.update(name for _, name in described[best.id])
    return sorted(chosen, key=lambda record: (record.finished, record.id))


def split_text(tokens: Sequence[Sequence[int]], decode: Decode) -> list[str]:
    """Text of each segment. Decoded as growing prefixes, because a token may need its left neighbours to be
    read; a segment that ends inside a character hands the whole character to the next one."""
    texts: list[str] = []
    so_far: list[int] = []
    done = ""
    for index, part in enumerate(tokens):
        so_far += part
        text = decode(so_far)
        if index < len(tokens) - 1:
            text = text.rstrip("�")
        if not text.startswith(done):
            return [decode(list(part)) for part in tokens]
        texts.append(text[len(done) :])
        done = text
    return texts


def make_card(record: Record, view: Callable[[str], ProblemView | None], decode: Decode | None) -> Card:
    problem = view(record.problem)
    texts: Sequence[str | None] = [None] * len(record.tokens)
    note = None
    if decode is not None:
        texts = split_text(record.tokens, decode)
        if record.text is not None and "".join(text or "" for text in texts).strip() != record.text.strip():
            note = "The segments decode to another text than the one that was judged."
    pieces = tuple(
        Piece(index, *values)
        for index, values in enumerate(zip(texts, record.lengths, record.iterations, record.versions, record.stops, strict=True))
    )
    pictures: list[Picture] = []
    for at, data in enumerate(problem.images if problem is not None else ()):
        try:
            pictures.append(embed(data, f"problem {record.problem}, picture {at + 1}"))
        except UserError as error:
            note = str(error)
    return Card(record, problem, tuple(pictures), pieces, note)


def embed(data: bytes, where: str) -> Picture:
    """The picture as a data URI: a small one is shown enlarged by a whole factor, a large one is shrunk first."""
    image = decode_image(data, where)
    image.thumbnail((EMBEDDED_PIXELS, EMBEDDED_PIXELS))
    factor = max(1, min(SHOWN_WIDTH // image.width, SHOWN_HEIGHT // image.height))
    png = encode_png(image)
    if image.width * image.height > 200_000:  # a photograph: a quarter of the bytes
        buffer = io.BytesIO()
        image.save(buffer, format="JPEG", quality=85)
        return Picture(_uri("jpeg", buffer.getvalue()), image.width, image.height, False)
    return Picture(_uri("png", png), image.width * factor, image.height * factor, factor > 1)


def _uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
