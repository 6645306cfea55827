"""The long2short selections (section 2.4) under the name that training code knows; they live beside the data recipes that use them."""

from data_recipes.long2short import LONGER_FACTOR, SAMPLES, PreferencePairs, preference_pairs, shortest_right

__all__ = ["LONGER_FACTOR", "SAMPLES", "PreferencePairs", "preference_pairs", "shortest_right"]
