"""Tables, JSON records and short documents with questions whose answers are known before they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np

from data_recipes.sources.drawn.asked import Asked, one_of
from data_recipes.sources.drawn.board import pick, shuffled
from data_recipes.sources.drawn.texts import NAMES, Page
from rewards.verdict import Answer

PRODUCTS = ("chair", "lamp", "desk", "shelf", "mirror", "carpet", "clock", "vase", "stool", "curtain", "basket", "pillow")
CITIES = ("Lisbon", "Oslo", "Vienna", "Dublin", "Athens", "Prague", "Turin", "Ghent", "Malmö", "Bergen", "Porto", "Graz")
SUBJECTS = ("History", "Biology", "Music", "Physics", "Art", "Latin", "Chemistry", "Geography")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "March", "April", "May", "June", "September", "October", "November")
ROOMS = ("town hall", "library", "school gym", "old mill", "city theatre", "east pavilion", "museum cafe", "boathouse")
EVENTS = ("book fair", "chess evening", "choir concert", "flower market", "film night", "science day", "quiz evening", "bicycle auction")


def _table(random: np.random.Generator) -> tuple[list[str], list[list[str]], list[str], list[list[int]]]:
    """(header, rows as text, names, numbers)."""
    names: list[str] = sorted(shuffled(random, PRODUCTS)[: int(random.integers(4, 8))])
    columns = shuffled(random, ("Price", "Stock", "Sold", "Returns"))[: int(random.integers(2, 5))]
    numbers = [[int(value) for value in random.permutation(90)[: len(columns)] + 3] for _ in names]
    rows = [[name, *map(str, values)] for name, values in zip(names, numbers, strict=True)]
    return ["Product", *columns], rows, names, numbers


def _table_page(header: Sequence[str], rows: Sequence[Sequence[str]], asked: Asked) -> Page:
    lines = [list(header), *map(list, rows)]
    text = "\n".join(" ".join(line) for line in lines)
    given = "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], ["---"] * len(header), *lines[1:]])
    return Page("table", text, given, asked, tuple(tuple(line) for line in lines))


def table_cell(random: np.random.Generator) -> Page:
    header, rows, names, numbers = _table(random)
    row, column = int(random.integers(len(names))), int(random.integers(len(header) - 1))
    value = numbers[row][column]
    question = f"What is the entry for {names[row]} in the column {header[column + 1]}?"
    why = f"In the row {names[row]} the column {header[column + 1]} says {value}."
    return _table_page(header, rows, Asked("table_cell", question, Answer("count", str(value)), 1, "table lookup", why))


def table_total(random: np.random.Generator) -> Page:
    header, rows, _, numbers = _table(random)
    column = int(random.integers(len(header) - 1))
    values = [line[column] for line in numbers]
    question = f"What is the total of the column {header[column + 1]}?"
    why = f"{' + '.join(map(str, values))} = {sum(values)}."
    return _table_page(header, rows, Asked("table_total", question, Answer("count", str(sum(values))), 3, "table reckoning", why))


def table_top(random: np.random.Generator) -> Page:
    """The name that is asked for is drawn first; the numbers are dealt so that it has the highest, or the lowest."""
    header, rows, names, numbers = _table(random)
    row, column = int(random.integers(len(names))), int(random.integers(len(header) - 1))
    word = pick(random, ("highest", "lowest"))
    values = sorted(int(value) for value in random.permutation(95)[: len(names)] + 3)
    own = values.pop() if word == "highest" else values.pop(0)
    dealt = shuffled(random, values)
    dealt.insert(row, own)
    for at, value in enumerate(dealt):
        numbers[at][column] = value
        rows[at][column + 1] = str(value)
    question = f"Which product has the {word} entry in the column {header[column + 1]}?"
    why = f"The column reads {', '.join(map(str, dealt))}. The {word} is {own}, in the row {names[row]}."
    return _table_page(header, rows, Asked("table_top", question, one_of(names[row], names), 2, "table comparison", why))


def _records(random: np.random.Generator) -> tuple[str, list[dict[str, object]]]:
    names = shuffled(random, NAMES)[: int(random.integers(3, 5))]
    records: list[dict[str, object]] = [
        {
            "name": name,
            "city": pick(random, CITIES),
            "age": int(random.integers(18, 70)),
            "courses": shuffled(random, SUBJECTS)[: int(random.integers(1, 5))],
        }
        for name in names
    ]
    entries = [[f"    {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in record.items()] for record in records]
    text = "[\n" + ",\n".join("  {\n" + ",\n".join(lines) + "\n  }" for lines in entries) + "\n]"
    return text, records


def json_value(random: np.random.Generator) -> Page:
    text, records = _records(random)
    record = pick(random, records)
    if random.random() < 0.5:
        question, answer = f"In which city does {record['name']} live?", one_of(str(record["city"]), CITIES)
    else:
        question, answer = f"How old is {record['name']}?", Answer("count", str(record["age"]))
    why = f"The record of {record['name']} says {answer.reference}."
    return Page("json", text, f"```json\n{text}\n```", Asked("json_value", question, answer, 1, "record lookup", why))


def json_count(random: np.random.Generator) -> Page:
    """How many courses, or how many take one; 0 to 4, each as often."""
    wanted = int(random.integers(0, 5))
    while True:
        text, records = _records(random)
        if random.random() < 0.5:
            found = [record for record in records if len(_courses(record)) == wanted]
            if not found:
                continue
            record = pick(random, found)
            question = f"How many courses does {record['name']} take?"
            why = f"{record['name']} takes {', '.join(_courses(record))}: {wanted}."
        else:
            subject = pick(random, SUBJECTS)
            takers = [str(record["name"]) for record in records if subject in _courses(record)]
            if len(takers) != wanted:
                continue
            question = f"How many people take {subject}?"
            why = f"{subject} is taken by {', '.join(takers) or 'nobody'}: {wanted}."
        asked = Asked("json_count", question, Answer("count", str(wanted)), 2, "record counting", why)
        return Page("json", text, f"```json\n{text}\n```", asked)


def _courses(record: dict[str, object]) -> list[str]:
    courses = record["courses"]
    assert isinstance(courses, list)
    return [str(course) for course in courses]


def notice(random: np.random.Generator) -> Page:
    """An announcement; one of its facts is asked."""
    event, place, day, month = pick(random, EVENTS), pick(random, ROOMS), pick(random, DAYS), pick(random, MONTHS)
    date, hour, minute = int(random.integers(1, 29)), int(random.integers(9, 20)), pick(random, (0, 15, 30, 45))
    price, seats, who = int(random.integers(3, 40)), 5 * int(random.integers(6, 60)), pick(random, NAMES)
    text = (
        f"NOTICE\n\nThe {event} takes place on {day}, {date} {month}, in the {place}. Doors open at {hour}:{minute:02d}. "
        f"A ticket costs {price} euros, and there are {seats} seats. Please write to {who} if you want to help."
    )
    opening = list(dict.fromkeys((f"{hour}:{minute:02d}", f"{hour:02d}:{minute:02d}")))
    facts = {
        "Where does the event take place?": one_of(place, ROOMS),
        "On which day of the week is the event?": one_of(day, DAYS),
        "When do the doors open? Answer as H:MM.": Answer("exact", opening),
        "How many euros does a ticket cost?": Answer("count", str(price)),
        "How many seats are there?": Answer("count", str(seats)),
        "Who should people write to if they want to help?": one_of(who, NAMES),
        "What would two tickets cost, in euros?": Answer("count", str(2 * price)),
        "How many euros would come in if all seats were sold?": Answer("count", str(price * seats)),
    }
    question = pick(random, tuple(facts))
    answer = facts[question]
    said = str(answer.reference[0] if isinstance(answer.reference, list) else answer.reference)
    reckoned = question.startswith(("What would", "How many euros would"))
    why = f"A ticket costs {price} euros: that gives {said}." if reckoned else f"The notice says: {said}."
    return Page("prose", text, text, Asked("notice", question, answer, 3 if reckoned else 1, "document reading", why, said))


PAPERS: dict[str, Callable[[np.random.Generator], Page]] = {
    "table_cell": table_cell,
    "table_total": table_total,
    "table_top": table_top,
    "json_value": json_value,
    "json_count": json_count,
    "notice": notice,
}
