"""What a step or a source tells the reader of the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """What the card says beyond the funnel: tables (header, rows) and notes. Every number with its count."""

    tables: list[tuple[str, list[str], list[list[Any]]]] = field(default_factory=list)  # title, header, rows
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {"tables": [list(table) for table in self.tables], "notes": self.notes}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Report:
        return cls([(title, list(header), list(rows)) for title, header, rows in row["tables"]], list(row["notes"]))
