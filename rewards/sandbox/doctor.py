"""Which sandbox this machine runs, and which of its guarantees hold: found by attacking it, not by asking it.

`examine` opens the backend, plays the attacks of `attacks.py` against it and returns one record a backend; `render` prints it.
A guarantee that the backend says it lacks is shown as lacking, with the reason, whatever its attacks did.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openk15.errors import UserError
from rewards.sandbox.attacks import HOST, RESOURCES, Attack, Canaries, failed
from rewards.sandbox.backends import open_sandbox
from rewards.sandbox.guarantees import MEANING, Guarantee
from rewards.sandbox.images import images
from rewards.sandbox.job import Ending, Job
from rewards.sandbox.pool import SlotSandbox

# One or two for each guarantee, none of them slow.
QUICK = (1, 3, 4, 6, 7, 8, 9, 11, 13, 14, 15, 16, 17, 19, 27, 29, 30, 34, 35)
TOOLS = {  # language -> the command that shows its tool chain is here
    "python": ("python3", "--version"),
    "c++": ("g++", "--version"),
    "java": ("javac", "-version"),
    "javascript": ("node", "--version"),
    "typescript": ("tsc", "--version"),
    "php": ("php", "--version"),
    "c#": ("mcs", "--version"),
    "bash": ("bash", "--version"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    guarantee: Guarantee
    holds: bool
    evidence: str  # attacks played and what came of them, or why the guarantee is lacking


@dataclass(frozen=True, slots=True)
class Examination:
    backend: str
    works: bool
    reason: str  # why it does not work, or what it runs on
    findings: tuple[Finding, ...] = ()
    languages: tuple[tuple[str, str], ...] = ()  # (language, first line of its version, "" when absent)
    images: tuple[tuple[str, bool], ...] = ()  # (name, whether this machine has it)

    @property
    def sound(self) -> bool:
        """Every guarantee holds."""
        return self.works and all(finding.holds for finding in self.findings)


def examine(*backends: str, thorough: bool = False, allow_unsafe: bool = False) -> tuple[Examination, ...]:
    """Attack each of `backends` on this machine; without any named, the one that `auto` opens, else zygote.

    `thorough` plays every attack instead of a selection. Takes seconds.
    """
    if backends:
        return tuple(_examine(name, thorough, allow_unsafe) for name in backends)
    found = _examine("auto", thorough, allow_unsafe)
    # Where `auto` refuses, what zygote can keep is what a person wants to know next.
    return (found,) if found.works else (found, _examine("zygote", thorough, allow_unsafe))


def _examine(backend: str, thorough: bool, allow_unsafe: bool) -> Examination:
    try:
        sandbox = open_sandbox(backend, allow_unsafe=allow_unsafe, workers=len(os.sched_getaffinity(0)))
    except UserError as error:
        return Examination(backend, False, str(error))
    with sandbox:
        attacks = [attack for attack in (*HOST, *RESOURCES) if thorough or attack.number in QUICK]
        broken: dict[Guarantee, list[str]] = {}
        with Canaries() as canaries:
            results = sandbox.run_many([canaries.job(attack) for attack in attacks])
            touched = canaries.touched()
        for attack, result in zip(attacks, results, strict=True):
            if why := failed(attack, result):
                broken.setdefault(attack.guarantee, []).append(f"{attack.name}: {why}")
        if touched:
            broken.setdefault(Guarantee.NETWORK, []).append(f"left on this machine: {', '.join(touched)}")
        if strays := sandbox.strays():
            broken.setdefault(Guarantee.CLEAN, []).append(f"processes left: {', '.join(map(str, strays))}")
        findings = tuple(_finding(guarantee, sandbox, attacks, broken.get(guarantee, [])) for guarantee in Guarantee)
        languages = tuple(_languages(sandbox))
        known = tuple((image.name, image.here and image.name in sandbox.setup.images) for image in images().values())
        return Examination(sandbox.name, True, _base(sandbox), findings, languages, known)


def _base(sandbox: SlotSandbox) -> str:
    user = "root" if sandbox.setup.is_root else f"user {os.geteuid()}"
    return f"as {user}, {sandbox.workers} slots, Python {sandbox.facts.get('python', '?')}"


def _finding(guarantee: Guarantee, sandbox: SlotSandbox, attacks: Sequence[Attack], broken: Sequence[str]) -> Finding:
    if guarantee in sandbox.missing:
        return Finding(guarantee, False, sandbox.missing[guarantee])
    if broken:
        return Finding(guarantee, False, "; ".join(broken))
    played = [attack.name for attack in attacks if attack.guarantee is guarantee]
    if guarantee is Guarantee.STEADY:
        return Finding(guarantee, True, "the kernel counts this run's waiting time; not attacked here")
    return Finding(guarantee, True, f"attacked {len(played)} times, held: {', '.join(played)}")


def _languages(sandbox: SlotSandbox) -> Iterable[tuple[str, str]]:
    jobs = [Job(argv=list(command)) for command in TOOLS.values()]
    for language, result in zip(TOOLS, sandbox.run_many(jobs), strict=True):
        text = (result.stdout or result.stderr).decode("utf-8", "replace").strip()
        yield language, text.splitlines()[0] if result.ending is Ending.EXITED and text else ""


def render(examinations: Sequence[Examination]) -> str:
    """The table `rewards doctor` prints."""
    lines: list[str] = []
    for found in examinations:
        if not found.works:
            lines += [f"sandbox {found.backend}: not here", f"  {found.reason}", ""]
            continue
        verdict = "every guarantee holds" if found.sound else "NOT every guarantee holds"
        lines.append(f"sandbox {found.backend}: {verdict} ({found.reason})")
        for finding in found.findings:
            lines.append(f"  {'holds' if finding.holds else 'LACKS':5}  {finding.guarantee:12}  {MEANING[finding.guarantee]}")
            lines.append(f"         {'':12}  {finding.evidence}")
        here = [f"{language} ({version})" for language, version in found.languages if version]
        absent = [language for language, version in found.languages if not version]
        lines.append(f"  languages: {', '.join(here)}" + (f"; not here: {', '.join(absent)}" if absent else ""))
        lines.append("  images: " + ", ".join(name if there else f"{name} (not here)" for name, there in found.images))
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
