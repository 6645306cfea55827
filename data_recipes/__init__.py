"""Floor 2: sources, steps, and a verified, tagged, measured set of Problems.

In: a recipe (YAML). Out: a folder of Hugging Face parquet shards, a manifest, a card and the dropped rows.

    problem   the record: Problem, Solution, Lineage
    recipe    the recipe's typed config
    sources   handwriting, scenes, rendered and plain text: seeded generators with answers known by construction
    build     recipe -> folder, atomically; held-out split first
    store     folder -> Problems, with clear errors and a fingerprint
    card      what was built, for a person
    cli       `data_recipes build|list|card`

Invariants: same recipe, same bytes; no held-out picture or scene appears in training; every kept problem's
gold answer passes its own verifier; a dropped row keeps its reason.
"""
