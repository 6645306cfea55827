"""Floor 2: sources, steps, and a verified, tagged, measured set of Problems.

In: a recipe (YAML). Out: a folder of Hugging Face parquet shards, a manifest, a lock, a card and every dropped row.

    problem    the record: Problem, Solution
    recipe     the recipe's typed config; `rules` and `select` what goes, `copies` what is drawn more than once
    gates      what must hold of the result
    sources    generators (answers known by construction) and readers (files, folders, hub datasets)
    ingest     sources -> working shards (`row`), held-out first
    steps      measure every row, drop none; `measuring` runs them over an `executor`, `cache` keeps what they found
    build      ingest, measure, select, check, write (`output`, `tally`, `card`, `lock`)
    store      folder -> Problems, with clear errors and a fingerprint
    explain    why a row went, where it came from, how two builds differ
    testcases  code problems: generated tests and their consensus
    cli        `data_recipes build|list|card|why-dropped|trace|diff|verify`

Invariants: same recipe and lock, same bytes, whoever did the work; no held-out picture or scene appears in
training; steps measure and only selection drops; a dropped row keeps its reason, value and evidence.
"""
