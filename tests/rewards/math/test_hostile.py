"""Hostile answers: nothing is executed, nothing hangs, nothing is paid; from any thread."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from rewards import Answer, Status, verify

GOLDS = ("1", "42", r"\frac{\pi}{2}", "x^2+1")
SECONDS = 30.0  # a hang, not a speed: one item is bounded by one second of a worker


def payloads(canary: Path) -> list[str]:
    codes = [
        f"__import__('os').system('touch {canary}')",
        f"(lambda: __import__('os').system('touch {canary}'))()",
        f"open('{canary}','w')",
        f'f\'{{open("{canary}","w")}}\'',
        "().__class__.__bases__[0].__subclasses__()",
        f'exec(\'open("{canary}","w")\')',
        f'eval(\'open("{canary}","w")\')',
    ]
    wraps = ["{}", "${}$", "\\boxed{{{}}}", "\\boxed{{\\text{{{}}}}}", "\\boxed{{\\operatorname{{{}}}}}", "\\boxed{{x_{{{}}}}}"]
    return [wrap.format(code) for code in codes for wrap in wraps]


def inside_a_box() -> list[str]:
    return [
        "10^{10^{10}}", "10^{10^{10^{10}}}", "2^{2^{2^{49}}}", "9^{9^{9^{9}}}", "9^9^9^9^9^9", "(10^{10})!", "((100)!)!", "(((9)!)!)!",
        r"\binom{10^9}{5\cdot10^8}", r"\binom{100000}{50000}", "1000000!", "2^{10^9}-1", "7^{7^9}", "x^{10^{10}}", "3^{-10^{12}}",
        r"\gcd(2^{10^6}-1,2^{10^5}-1)", r"2^{10^8} \mod 7", r"\lfloor(2+\sqrt3)^{1000}\rfloor", r"\sum_{k=1}^{10^{10}} k",
        r"\sum_{k=1}^{10^{5}}\sum_{j=1}^{10^5} jk", r"\prod_{k=1}^{10^6} k", r"\int_0^1 x^{x^{x^x}} dx", r"\lim_{x\to0}\frac{\sin x}{x}",
        r"\frac{d}{dx} x^{x^x}", r"\sum_{k=1}^{1999}\sum_{j=1}^{1999} \frac{1}{j+k}",
        r"\sum_{a=1}^{999}\sum_{b=1}^{999}\sum_{c=1}^{999} abc",
        r"\sum_{k=0}^{\infty} \frac1{k!}", "\\frac{1}{" * 500 + "1" + "}" * 500, "\\frac{1}{" * 5000 + "1" + "}" * 5000,
        r"\sqrt{" * 60 + "2" + "}" * 60, "(" * 10000 + "1" + ")" * 10000, "{" * 3000 + "1" + "}" * 3000, "1" + "+1" * 20000,
        "-" * 20000 + "1",
        "+" * 20000, "1/" * 5000 + "1", "x" * 5000, "(" + "(x+y)" * 400 + ")", "(x+1)^{100}" * 40, "(x+y+z+w)^{60}" * 8, "9" * 5000,
        "9" * 100000, "0." + "3" * 100000, "1e999", "1e-999999", "1e99999999999", ",".join(map(str, range(2000))),
        r"\{" + ",".join(map(str, range(400))) + r"\}", ",".join(rf"\sqrt{{{at}}}" for at in range(300)),
        r"\begin{pmatrix}" + r"\\".join("&".join(str(i * j) for j in range(20)) for i in range(20)) + r"\end{pmatrix}",
        r"\sin(\sin(\sin(" * 15 + "x" + ")))" * 15, r"\sin(10^{10^{10}})", r"\ln(\ln(\ln(0)))", "0/0", "1/0", "0^0",
        r"\infty-\infty", "nan", "zoo",
        r"\frac{0}{0}", "|" * 3000, "|x" * 500, "$" * 5000, "\\" * 5000, "%" * 3000, "^" * 3000, "x^" * 2000 + "2",
        "x_" * 2000 + "2", "'" * 4000,
        "f(" * 300 + "x" + ")" * 300, r"\text{" * 300 + "}" * 300, r"\left(" * 400 + "1" + r"\right)" * 400,
        r"\overline{" * 200 + "1" + "}" * 200,
        "\ud800", "😀", "e\u0301", r"\def\x{\x}\x", r"\input{/etc/passwd}", r"\loop\iftrue\repeat", "% \\boxed{41}", "\u202e24\u202c1",
    ]  # fmt: skip


def without_a_box() -> list[str]:
    million = 1_000_000
    return [
        "\\boxed{" * 20000, "\\boxed{1}" * 20000, "a" * million, "$" * million, "\\" * million, "\\boxed{" + "1" * million + "}",
        "\\boxed{" + "x+" * (million // 2) + "1}", "answer is " * 100000, "The answer is " + "1 " * 300000, "<think>" * 50000,
        "</think>" * 50000,
        "\n" * million, "1," * 300000, "((" * 300000, "\x00" * 100000, "the answer is " + "(" * 100000,
    ]  # fmt: skip


def test_nothing_is_executed_nothing_hangs_and_nothing_is_paid_from_any_thread(tmp_path):
    canary = tmp_path / "executed"
    hostile = [*payloads(canary), *(f"\\boxed{{{text}}}" for text in inside_a_box()), *without_a_box()]
    assert len(hostile) >= 115
    wrong: list[tuple[str, str, str]] = []

    def play(gold: str) -> None:
        for response in hostile:
            start = time.monotonic()
            verdict = verify(response, Answer("math", gold))
            if verdict.status not in (Status.WRONG, Status.UNPARSED):
                wrong.append((gold, response[:60], f"{verdict.status}: {verdict.reason}"))
            if time.monotonic() - start > SECONDS:
                wrong.append((gold, response[:60], "hangs"))

    threads = [threading.Thread(target=play, args=(gold,)) for gold in GOLDS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not canary.exists()


@pytest.mark.parametrize("gold", ["10^{10^{10}}", "9" * 3000, r"\sum_{k=1}^{10^{10}} k", "(10^{10})!"])
def test_a_huge_reference_still_equals_itself(gold):
    assert verify(f"\\boxed{{{gold}}}", Answer("math", gold)).status is Status.CORRECT
