"""Where problems come from. `base` says what a source is and lists all by name; a recipe names them.

Generators make candidate `index` of a split from (recipe seed, source, split, index) alone, so generation can be
spread over any number of workers without changing a byte:

    handwriting scenes rendered text     the demo's small tasks; `cot` phrases their worked solutions
    worlds matrices diagrams clocks charts maps rendered_text     natural questions about drawn pictures (`drawn`, `augment`)
    reasoning_gym     tasks of that library whose answers our verifiers judge as its own do

Readers take what somebody made, from files, folders or the hub; a record that cannot become a problem is named
with its place and what would be right (`unfit`):

    jsonl csv parquet hub     any table, through a declared field map
    gsm8k math mbpp humaneval mathvision geometry3k     published sets
    documents     texts and interleaved pages without an answer
    code_problems     statements whose test cases are generated and agreed on (`data_recipes.testcases`)
"""

from data_recipes.sources.base import Candidate, Source, get_source, source_names

__all__ = ["Candidate", "Source", "get_source", "source_names"]
