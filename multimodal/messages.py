"""A conversation as records: a role and parts; a part is text, or an image named by its content digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Part:
    """Exactly one of `text` and `image` (hex sha256 of the encoded picture) is set."""

    text: str | None = None
    image: str | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.image is None):
            raise ValueError(f"a part is either text or an image, got text={self.text!r} image={self.image!r}")

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "image": self.image}


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError(f"a {self.role} message has no parts")

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(part.image for part in self.parts if part.image is not None)

    @property
    def text(self) -> str:
        """All text parts joined; pictures leave no trace in it."""
        return "".join(part.text for part in self.parts if part.text is not None)

    def to_dict(self) -> dict[str, Any]:
        return {"role": str(self.role), "parts": [part.to_dict() for part in self.parts]}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Message:
        parts = tuple(Part(part.get("text"), part.get("image")) for part in row["parts"])
        return cls(Role(row["role"]), parts)


def user(*parts: Part) -> Message:
    return Message(Role.USER, tuple(parts))


def images_of(messages: tuple[Message, ...]) -> tuple[str, ...]:
    """Digests of all pictures, in reading order."""
    return tuple(digest for message in messages for digest in message.images)
