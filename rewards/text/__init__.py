"""Verifiers of words. Importing this package registers them; nothing heavy is imported until a verifier needs it.

    stated        what a response says, and whether it marks it as its answer; the length cap; notation made plain
    options       reading an Answer's params: an unknown or impossible one is a ValueError that names it
    edit          edit distance and the rates made of it (rapidfuzz)
    choice        one of several options, by letter or by text; or one of a closed set of words
    match         `exact` and `f1`
    denial        what a graded verifier must not pay, however similar it is: the denied and the hedged
    instructions  the 25 checks of IFEval; `ifeval` is the verifier over them
    json_schema   a JSON document that a schema accepts
    none          rows without an answer: scoring one is an error
    tags          `format`: thoughts and answer each in their tags, once and in order

Invariants: every rule is linear, or bounded by a cap, in the length of the response; none raises because of a
response; only an Answer can be at fault.
"""

from rewards.text import choice, ifeval, json_schema, match, none, tags

__all__ = ["choice", "ifeval", "json_schema", "match", "none", "tags"]
