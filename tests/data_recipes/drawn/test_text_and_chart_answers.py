"""Charts answered from their tables, programs run, stories told forwards, tables and JSON read back."""

from __future__ import annotations

import contextlib
import io
import re
from fractions import Fraction

import numpy as np
import pytest

from data_recipes.sources import charts, rendered_text


@pytest.mark.parametrize("task", charts.Charts.task_names)
def test_chart_answers_follow_from_the_table(task: str):
    source, random = charts.Charts(), np.random.default_rng(9)
    for _ in range(15):
        chart, asked = source.compose(random, task)
        answer, question = asked.answer.reference, asked.question
        if chart.points is not None:
            if task == "points":
                assert chart.level is not None
                assert sum(y > chart.level for y in chart.points.ys) == int(answer)
            else:
                r = float(np.corrcoef(chart.points.xs, chart.points.ys)[0, 1])
                assert answer == ("positive" if r > 0.5 else "negative" if r < -0.5 else "none")
            continue
        table = chart.table
        assert table is not None
        values = dict(zip(table.categories, table.values, strict=True))
        named = [
            name for _, name in sorted((question.index(_said(name, table)), name) for name in values if _said(name, table) in question)
        ]
        if task == "value":
            assert float(answer) == values[named[0]]
        elif task == "difference":
            assert float(answer) == pytest.approx(values[named[0]] - values[named[1]], abs=0.006)
        elif task == "extreme":
            ranked = sorted(values, key=lambda name: values[name], reverse="highest" in question.partition(" value")[0])
            assert ranked["second" in question] == answer
        elif task == "above":
            level = re.search(r"above ([\d.]+)", question)
            assert level is not None
            assert sum(value > float(level[1]) for value in values.values()) == int(answer)
        elif task in ("steepest", "rises"):
            steps = {name: after - before for name, before, after in zip(values, table.values, table.values[1:], strict=False)}
            if task == "rises":
                assert sum(step > 0 for step in steps.values()) == int(answer)
            else:
                assert answer == (max if "rise" in question else min)(steps, key=lambda name: steps[name])
        elif task in ("missing", "slices"):
            groups = re.findall(r"\b([A-H])\b", question.partition("roup")[2])
            share = 100 * sum(values[name] for name in groups) / sum(values.values())
            assert int(answer) == pytest.approx(share, abs=1.0 * len(groups))
        else:
            first, second = re.findall(r"value of (\w+) higher than that of (\w+)", question)[0]
            ones, twos = dict(table.series)[first], dict(table.series)[second]
            assert sum(map(float.__gt__, map(float, ones), map(float, twos))) == int(answer)


def _said(name: str, table) -> str:
    return f"group {name}" if table.ranges else name


def test_tables_hold_the_real_values():
    from sklearn.datasets import load_iris

    from data_recipes.sources.drawn.chart_tables import real_sets

    iris = load_iris()
    real = real_sets()[0]
    assert np.array_equal(real.values, iris.data)  # type: ignore[union-attr]
    assert [real.classes[at] for at in real.labels[:2]] == ["setosa", "setosa"]


@pytest.mark.parametrize("task", list(rendered_text.PROGRAMS))
def test_programs_print_the_answer(task: str):
    random = np.random.default_rng(10)
    for _ in range(60):
        page = rendered_text.PROGRAMS[task](random)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(page.text, {})
        assert out.getvalue().strip() == page.asked.said


def test_stories_come_out_when_they_are_told_forwards():
    random = np.random.default_rng(11)
    for _ in range(200):
        page = rendered_text.WORD_PROBLEMS["story"](random)
        start = re.search(r"has (\d+)", page.text)
        assert start is not None
        number = Fraction(start[1])
        for sentence in page.text.split(".")[1:-1]:
            if found := re.search(r"buys (\d+) more", sentence):
                number += int(found[1])
            elif found := re.search(r"gets (\d+) packs of (\d+)", sentence):
                number += int(found[1]) * int(found[2])
            elif found := re.search(r"loses (\d+)", sentence):
                number -= int(found[1])
            elif found := re.search(r"with (\d+) friends", sentence):
                number /= int(found[1]) + 1
            else:
                number = number / 2 if "half" in sentence else number * 2
            assert number >= 0
            assert number.denominator == 1
        assert str(number) == page.asked.answer.reference


def test_table_and_json_answers_stand_in_the_page():
    random = np.random.default_rng(12)
    for _ in range(150):
        page = rendered_text.PAPERS["table_top"](random)
        header, *rows = page.rows
        column = header.index(re.search(r"column (\w+)", page.asked.question)[1])  # type: ignore[index]
        best = (max if "highest" in page.asked.question else min)(rows, key=lambda row: int(row[column]))
        assert best[0] == page.asked.answer.reference
        page = rendered_text.PAPERS["table_total"](random)
        column = page.rows[0].index(re.search(r"column (\w+)", page.asked.question)[1])  # type: ignore[index]
        assert sum(int(row[column]) for row in page.rows[1:]) == int(page.asked.answer.reference)
        page = rendered_text.PAPERS["json_count"](random)
        import json

        records = json.loads(page.text)
        word = page.asked.question.split()[-1].rstrip("?")
        by_person = [len(record["courses"]) for record in records if f"does {record['name']} take" in page.asked.question]
        counted = by_person[0] if by_person else sum(word in record["courses"] for record in records)
        assert counted == int(page.asked.answer.reference)
