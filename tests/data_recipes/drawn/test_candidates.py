"""What every drawn source promises of its rows: the same bytes for the same seed, tags, keys, answers that verify."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from data_recipes.problem import Problem
from data_recipes.sources import worlds
from data_recipes.sources.base import HELDOUT, TRAIN, Candidate, get_source
from data_recipes.sources.drawn.world_drawing import PAINT
from data_recipes.sources.rendered_text import WORD_PROBLEMS
from data_recipes.sources.worlds import Worlds
from multimodal.images import image_digest
from openk15.errors import UserError
from rewards import Status, verify

NAMES = ("worlds", "matrices", "diagrams", "clocks", "maps", "charts", "rendered_text")
TAGS = {"category", "origin", "domain", "discipline", "skill", "question_type", "modality", "language", "grade"}
TAGS |= {"source", "licence", "template"}


def picture(candidate: Candidate) -> Image.Image:
    return Image.open(io.BytesIO(next(iter(candidate.images.values()))))


@pytest.fixture(scope="module", params=NAMES)
def made(request: pytest.FixtureRequest) -> list[Candidate]:
    source = get_source(request.param)
    return [source.make(TRAIN, index, 5) for index in range(6 if request.param == "charts" else 14)]


def test_a_candidate_depends_on_seed_split_and_index_alone(made: list[Candidate]):
    source = get_source(made[0].problems[0].tags["source"])
    again = source.make(TRAIN, 3, 5)
    assert again == made[3]
    others = [source.make(HELDOUT, 3, 5), source.make(TRAIN, 3, 6), made[4]]
    assert all(other.problems[0].id != again.problems[0].id for other in others)
    assert len(again.problems) == source.problems_per_candidate  # type: ignore[attr-defined]


def test_rows_carry_tags_keys_and_pictures(made: list[Candidate]):
    for candidate in made:
        for problem in candidate.problems:
            assert set(problem.tags) >= TAGS
            assert problem.tags["template"].startswith(problem.tags["source"] + "/")
            assert problem.tags["modality"] == ("image-text" if problem.images else "text")
            assert 1 <= problem.grade <= 5
            assert len(problem.solutions) == 2
        (name,) = candidate.images
        assert image_digest(candidate.images[name]) == name
        assert candidate.problems[0].images == (name,)
        (key,) = candidate.keys
        origin = candidate.problems[0].tags["origin"]
        assert key.startswith({"rendered": "text:", "synthetic": "scene:"}[origin])
        assert Problem.from_row(candidate.problems[0].to_row()) == candidate.problems[0]


def test_gold_passes_its_verifier_and_nonsense_does_not(made: list[Candidate]):
    for candidate in made:
        for problem in candidate.problems:
            for solution in problem.solutions:
                verdict = verify(solution.text, problem.answer)
                assert verdict.status is Status.CORRECT, (solution.text, problem.answer, verdict)
            assert verify("\\boxed{987654}", problem.answer).status is not Status.CORRECT
            assert verify("", problem.answer).status is not Status.CORRECT


def test_pictures_vary_in_size_and_stay_within_the_options(made: list[Candidate]):
    sizes = [picture(candidate).size for candidate in made]
    assert len(set(sizes)) > len(sizes) / 2
    assert all(min(size) >= 100 and max(size) <= 1000 for size in sizes), sizes
    assert all(width <= 700 for width, _ in sizes)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("worlds", {"hop": 2}, "source worlds: unknown key 'hop'; did you mean 'hops'?"),
        ("worlds", {"hops": 9}, "key 'hops': Input should be less than or equal to 4 (got 9)"),
        ("worlds", {"objects": (2, 30)}, "objects: [2, 30] is not [fewest, most] with 3 <= fewest <= most <= 11"),
        ("worlds", {"tasks": ("cuont",)}, "Input should be 'count'"),
        ("matrices", {"tasks": ()}, "none is named; known: number"),
        ("diagrams", {"side": (640, 320)}, "not [smallest, largest] with 280 <="),
        ("clocks", {"step": 7}, "key 'step': Input should be 1, 5 or 15 (got 7)"),
        ("maps", {"side": (200, 640)}, "names must stay legible"),
        ("charts", {"side": (100, 640)}, "labels must stay legible"),
        ("rendered_text", {"size": (4, 20)}, "size: [4, 20] is not [smallest, largest] with 10 <="),
        ("rendered_text", {"augment": "a lot"}, "Input should be 'none', 'light' or 'heavy'"),
        ("rendered_text", {"styles": ()}, "styles: none is named"),
    ],
)
def test_a_wrong_option_is_named(source: str, options: dict, message: str):
    with pytest.raises(UserError) as error:
        get_source(source, options)
    assert message in str(error.value)


def test_options_that_no_scene_fits_end_in_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worlds, "TRIES", 0)
    with pytest.raises(UserError, match=r"no scene for task 'chain' with answer .* allow more objects or fewer hops"):
        Worlds().compose(np.random.default_rng(0), "chain")


def test_things_are_drawn_in_their_colours_at_their_places():
    source = Worlds(occlusion=0.0, tasks=("count",), side=(400, 400))
    random = np.random.default_rng(3)
    from data_recipes.sources.drawn.world_drawing import MARGIN, draw_world

    for _ in range(8):
        world, _, _ = source.compose(random)
        pixels = np.asarray(draw_world(world, 400, random), dtype=int)
        for thing in world.things:
            if thing.fill != "solid":
                continue
            x, y = (round((at + MARGIN) / (1 + 2 * MARGIN) * 400) for at in (thing.x, thing.y))
            middle = np.median(pixels[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3), axis=0)
            assert min(PAINT, key=lambda name: float(np.abs(np.array(PAINT[name]) - middle).sum())) == thing.colour


def test_both_forms_of_a_rendered_text_ask_the_same():
    source = get_source("rendered_text")
    for index in range(30):
        candidate = source.make(TRAIN, index, 1)
        as_picture, as_text = candidate.problems
        assert as_picture.pair_id == as_text.pair_id is not None
        assert as_picture.answer == as_text.answer
        assert as_picture.images
        assert not as_text.images
        task = as_text.tags["template"].partition("/")[2]
        if task in WORD_PROBLEMS:
            assert as_text.messages[0].text == candidate.raw["text"]
        else:
            assert as_picture.messages[0].text in as_text.messages[0].text
        words = set(candidate.raw["text"].split()) - {"Product"}
        assert all(word in as_text.messages[0].text for word in words)


def test_severity_and_effects_are_recorded():
    clean, heavy = (
        get_source("rendered_text", {"augment": "none"}),
        get_source("rendered_text", {"augment": "heavy", "augmented_share": 1.0}),
    )
    for index in range(8):
        row = clean.make(TRAIN, index, 2).problems[0]
        assert (row.tags["augment"], row.measures["severity"]) == ("none", 0.0)
        row = heavy.make(TRAIN, index, 2).problems[0]
        assert 0.45 <= row.measures["severity"] <= 1.0
        assert len(row.tags["augment"].split("+")) >= 2
