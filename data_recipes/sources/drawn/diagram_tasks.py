"""The questions of `diagrams` by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from data_recipes.sources.drawn import diagram_angles as angles
from data_recipes.sources.drawn import diagram_sizes as sizes

TaskName = Literal[
    "triangle_angles",
    "isosceles",
    "exterior",
    "quadrilateral",
    "parallels",
    "inscribed",
    "semicircle",
    "cyclic",
    "tangent",
    "hypotenuse",
    "leg",
    "triangle_area",
    "trapezium_area",
    "l_shape",
    "circle_area",
    "intercept",
]

TASKS: dict[str, Callable[[np.random.Generator], angles.Made]] = {
    task.__name__: task
    for task in (
        angles.triangle_angles,
        angles.isosceles,
        angles.exterior,
        angles.quadrilateral,
        angles.parallels,
        angles.inscribed,
        angles.semicircle,
        angles.cyclic,
        angles.tangent,
        sizes.hypotenuse,
        sizes.leg,
        sizes.triangle_area,
        sizes.trapezium_area,
        sizes.l_shape,
        sizes.circle_area,
        sizes.intercept,
    )
}
