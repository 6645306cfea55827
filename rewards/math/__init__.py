"""Verifiers of numbers: compared exactly as rationals, never as floats."""

from rewards.math.number import NumberVerifier, SequenceVerifier

__all__ = ["NumberVerifier", "SequenceVerifier"]
