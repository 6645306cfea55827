"""Verifiers of mathematical answers.

    number    `number`, `number_list`: plain numbers in a box, compared as rationals
    verifier  `math`: any final answer, by tiers; made of
      extract   which part of a response is its answer     claims   what its sentence says of it: denied, a bound, corrected
      normal    one spelling for one thing        lexer, parser, arithmetic, commands, big, build, nodes
                                                  text -> tree, all of it or nothing
      value     exact and ball arithmetic         same                        are two scalars equal?
      regions, lines   sets of reals              equal                       does an answer say what the reference says?
      units, words                                quantities, names, dates

Invariant: nothing evaluates text as code, and everything is bounded in size.
"""

from rewards.math.number import NumberVerifier, SequenceVerifier
from rewards.math.verifier import MathVerifier

__all__ = ["MathVerifier", "NumberVerifier", "SequenceVerifier"]
