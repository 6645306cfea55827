"""A question's cell as messages: text or chat messages, with every picture where the text places it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from data_recipes.sources.unfit import Unfit, shown
from multimodal.messages import Message, Part, Role

_PLACE = re.compile(r"<image(\d*)>")


def question_messages(asked: Any, field: str, pictures: Sequence[str], *, has_pictures: bool) -> tuple[Message, ...]:
    """Messages of a question that is a text, or a list of chat messages that ends with the user's."""
    asked = decoded(asked) if isinstance(asked, str) and asked.lstrip().startswith('[{"') else asked
    if isinstance(asked, str):
        turns = [(Role.USER, asked)]
    elif isinstance(asked, list | tuple) and asked:
        turns = [_turn(turn, field) for turn in asked]
    else:
        raise Unfit(f"field {field!r}: expected text or a list of chat messages, got {type(asked).__name__} {shown(asked)}")
    if turns[-1][0] is not Role.USER:
        raise Unfit(f"field {field!r}: the last message is the {turns[-1][0]}'s; a question ends with the user's")
    if any(not text.strip() for _, text in turns):
        raise Unfit(f"field {field!r}: is empty; a text is expected")
    if not has_pictures:
        return tuple(Message(role, (Part(text=text),)) for role, text in turns)
    return _placed(turns, field, pictures)


def _turn(turn: Any, field: str) -> tuple[Role, str]:
    if not isinstance(turn, Mapping) or turn.get("role") not in ("system", "user", "assistant"):
        raise Unfit(f"field {field!r}: {shown(turn)} is no chat message; {{role: user, content: text}} is expected")
    content = turn.get("content")
    if isinstance(content, list | tuple):
        content = "".join(
            "<image>" if part.get("type") == "image" else str(part.get("text") or "") for part in content if isinstance(part, Mapping)
        )
    if not isinstance(content, str):
        raise Unfit(f"field {field!r}: the content of a message is a {type(content).__name__}; text is expected")
    return Role(turn["role"]), content


def _placed(turns: Sequence[tuple[Role, str]], field: str, pictures: Sequence[str]) -> tuple[Message, ...]:
    """Pictures where `<image>` or `<imageN>` stands; before the last message's text where it stands nowhere."""
    numbers = [found for _, text in turns for found in _PLACE.findall(text)]
    if not numbers:
        lead = tuple(Part(image=name) for name in pictures)
        messages = [Message(role, (Part(text=text),)) for role, text in turns]
        return (*messages[:-1], Message(Role.USER, (*lead, *messages[-1].parts)))
    wanted = [int(number) if number else place for place, number in enumerate(numbers, 1)]
    if set(wanted) != set(range(1, len(pictures) + 1)):
        named = ", ".join(f"<image{number}>" for number in wanted)
        raise Unfit(f"field {field!r}: the text places {named} and the record has {len(pictures)} pictures; each is to be placed")
    places = iter(wanted)
    messages = []
    for role, text in turns:
        parts: list[Part] = []
        for number, piece in enumerate(_PLACE.split(text)[::2]):  # between the pieces stand the numbers
            if number:
                parts.append(Part(image=pictures[next(places) - 1]))
            if piece.strip():
                parts.append(Part(text=piece.strip("\n") if number else piece.rstrip("\n")))
        messages.append(Message(role, tuple(parts)))
    return tuple(messages)


def extended(message: Message, text: str) -> Message:
    """The message with `text` at its end."""
    last = message.parts[-1]
    parts = (*message.parts[:-1], Part(text=last.text + text)) if last.text is not None else (*message.parts, Part(text=text))
    return Message(message.role, parts)


def decoded(cell: Any) -> Any:
    """A list or mapping that a text cell (of a csv file) holds as JSON."""
    if isinstance(cell, str) and cell.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell
