"""Which tasks of reasoning-gym 0.1.25 our verifiers judge as the tasks' own scorers do, and why the others are left out."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """What the answers of a task are."""

    NUMBER = "number"  # judged by `math`
    TEXT = "text"  # judged by `exact`, letter case kept
    WORD = "word"  # judged by `exact`, letter case aside
    EITHER = "either"  # a number or a word, by the question


_NUMBERS = """
aiw basic_arithmetic binary_alternation chain_sum circuit_logic coin_flip complex_arithmetic count_bits count_primes
decimal_chain_sum dice gcd largest_island lcm leg_counting letter_counting maze number_format number_sequence products
rectangle_count rotten_oranges self_reference simple_equations simple_geometry
"""
_TEXTS = """
ab arc_1d base_conversion bf caesar_cipher list_functions number_filtering path_star spiral_matrix string_insertion
string_manipulation string_splitting string_synthesis word_sequence_reversal word_sorting
"""
_WORDS = """
acre bitwise_arithmetic color_cube_rotation course_schedule family_relationships figlet_font game_of_life_halting
letter_jumble mahjong_puzzle needle_haystack spell_backward syllogism tsumego zebra_puzzles
"""
TASKS: dict[str, Form] = {
    **dict.fromkeys(_NUMBERS.split(), Form.NUMBER),
    **dict.fromkeys(_TEXTS.split(), Form.TEXT),
    **dict.fromkeys(_WORDS.split(), Form.WORD),
    "calendar_arithmetic": Form.EITHER,
}
TOLERANCES = {"coin_flip": 1e-4, "number_format": 1e-2}  # of the task's own scorer
TWO_ANSWERS = ("course_schedule", "game_of_life_halting", "syllogism")
MATHEMATICS = ("algebra", "arithmetic", "geometry", "probability")  # packages; the others are general reasoning

_BY_REASON: dict[str, str] = {
    "it overlaps GSM8K's test set (95 of 300 prompts share 13 words in a row with it)": "gsm_symbolic",
    "it makes problems of other tasks; name those": "composite",
    "it has no reference answer": "boxnet graph_color propositional_logic rubiks_cube rush_hour",
    "its problems depend on Python's hash seed, so a build could not be repeated": """
        isomorphic_strings knight_swap polynomial_multiplication ransom_note word_ladder""",
    "several answers are right and only its own scorer knows them all": """
        countdown cryptarithm intermediate_integration jugs kakurasu n_queens palindrome_generation puzzle24 quantum_lock
        sentence_reordering shortest_path simple_integration sokoban tower_of_hanoi""",
    "its answers have several lines, and `exact` does not see where a line ends": """
        arc_agi binary_matrix futoshiki manipulate_matrix mini_sudoku modulo_grid rearc rotate_matrix sudoku survo""",
    "its answers are rounded, and only its own scorer has the matching tolerance": """
        advanced_geometry decimal_arithmetic polynomial_equations pool_matrix power_function""",
    "one answer can be written in several ways that only its own scorer tells to be equal": """
        codeio emoji_mystery game_of_life group_anagrams knights_knaves number_sorting palindrome_partitioning
        prime_factorization time_intervals""",
    "an equal value is not enough (the fraction must be reduced), which `math` does not check": "fraction_simplification",
}
LEFT_OUT: dict[str, str] = {task: reason for reason, tasks in _BY_REASON.items() for task in tasks.split()}
