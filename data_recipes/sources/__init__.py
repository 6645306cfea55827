"""Sources: seeded generators whose answers are known by construction.

A source makes candidate `index` of a split from (recipe seed, source, split, index) alone, so generation can
be spread over any number of workers without changing a byte.

    base        Source protocol, Candidate
    cot         how worked solutions are phrased
    handwriting photographs of handwritten digits, laid out in rows and grids
    scenes      coloured shapes drawn by us
    arithmetic  number questions as text and as a rendered picture of the text
"""

from data_recipes.sources.base import Candidate, Source, get_source, source_names

__all__ = ["Candidate", "Source", "get_source", "source_names"]
