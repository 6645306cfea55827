"""Mentions of a picture and of links, and their counter-examples."""

from __future__ import annotations

import pytest

from data_recipes.text.figures import hyperlink, mentions_figure

NEEDS = [
    "In the figure, AB = 3. Find BC.",
    "The graph of the function is shown below. Find f(2).",
    "What is the area of the triangle shown?",
    "As shown in the diagram, the circle touches the line.",
    "The diagram below shows a spinner.",
    "How many people are in the picture?",
    "See Figure 3. What is the angle?",
    "What is the area of the shaded region?",
    "![plot](plot.png) What is the maximum?",
    "如图所示，AB=3，求BC。",
    "下图中有几个三角形？",
]


@pytest.mark.parametrize("text", NEEDS)
def test_pointing_at_a_picture_is_seen(text: str):
    assert mentions_figure(text) is not None


FREE = [
    "Help her figure out how many eggs she needs.",
    "He has 4 action figures and buys 3 more figures. How many figures has he?",
    "The company makes a four-figure profit.",
    "Round to 3 significant figures.",
    "Find the number of points on the graph of $y = x^2$.",
    "In the graph of $y = 1/x$, find the asymptotes.",
    "He hangs a picture above the sofa and two pictures below the shelf. How many pictures are there?",
    "Ann drew a picture. There are 5 trees in the picture. How many are there in 3 pictures?",
    "Records show that 12 teams played.",
    "Three balls are drawn. What is the chance that all are red?",
    "Five advertisements were shown, lasting 3 minutes each.",
    "The figure skater turns 3 times.",
    "A track shaped like figure 8 is 2 miles long.",
    "A square is drawn and half of it is painted. What is the area of the shaded region?",
    "例如图书馆有300本书，借出100本，还剩多少？",
    "他看了一下图书的价格。",
]


@pytest.mark.parametrize("text", FREE)
def test_words_that_need_no_picture(text: str):
    found = mentions_figure(text)
    assert found is None, found


def test_a_prompt_with_its_picture_or_drawing_code_needs_none(measure):
    text = "In the figure, AB = 3. Find BC."
    assert measure("question_type", text)["needs_figure"]["value"] is True
    with_picture = measure("question_type", text, images=["ab12"])["needs_figure"]
    assert with_picture["value"] is False
    assert with_picture["because"] == "the prompt has a picture"
    drawn = measure("question_type", f"{text} [asy] draw((0,0)--(1,1)); [/asy]")["needs_figure"]
    assert drawn["value"] is False
    assert drawn["because"] == "the figure is in the text as code"
    assert drawn["matched"] == "In the figure"


@pytest.mark.parametrize("text", ["see https://example.org/a.", "at www.example.com today", "[here](https://example.org)", r"\url{x.org}"])
def test_links_are_found(text: str):
    assert hyperlink(text) is not None


@pytest.mark.parametrize(
    "text", [r"Solve \[r = c.\](A) Line (B) Circle", "a[i](j) is called", "http is a protocol", "![plot](plot.png)", "e.g. this"]
)
def test_brackets_are_no_links(text: str):
    assert hyperlink(text) is None


def test_the_evidence_of_a_link_ends_with_the_link():
    found = hyperlink("See https://example.org/page.html, and tell me.")
    assert found is not None
    assert found.matched == "https://example.org/page.html"
