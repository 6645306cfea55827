"""Tests for coding problems that have none: a generator's inputs, and what most of ten accepted submissions print for them.

    problem ─▶ special judge? ─▶ generator ─▶ inputs ─▶ outputs of 10 submissions ─▶ consensus ─▶ gates ─▶ wrong submissions ─▶ tests
              (statement)       (sandbox)              (sandbox)                     >= 7 agree   >= 40 cases  must all fail
                                                                                                  >= 9 of 10 pass them all

    problems       a folder of problems, read and checked
    special_judge  does a statement accept more than one output? (K41)
    prompt         what a model is asked in order to write a generator, and the script in its answer (K42)
    generate       50 inputs from a generator script, inside the sandbox (K43)
    batch          many short runs in one sandbox run; runner is what is sent there
    runs           outputs of submissions
    consensus      which cases are valid, is the problem admitted: pure functions (K44 to K46)
    mutation       wrong submissions against the tests that came out
    pipeline       one problem from start to end
    funnel         counts and reasons (K47)

`python -m data_recipes.testcases FOLDER` prints the funnel.
"""
