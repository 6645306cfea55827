"""Languages and the toolchains that run them: how a program is compiled and started inside the sandbox.

In: a language's name. Out: its `Toolchain`, or the one that is present on this machine. A toolchain that is absent is
an `error` of ours, never a wrong answer.

Only the folders of the system are searched: what stands under a home folder cannot be seen from inside the sandbox.
Compiled languages are compiled once per submission, inside the sandbox too (a compiler reads files for whoever asks);
the one artifact that comes out is carried into every test's run.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from dataclasses import dataclass, field

SEARCH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One way to run one language. `compile` and `run` are shell lines with the work folder as current folder."""

    language: str
    needs: tuple[str, ...]  # programs; the first one's version is the toolchain's
    source: str  # the program's file name
    run: str
    compile: str = ""
    artifact: str = ""  # the one file that compiling leaves; runs get it instead of the source
    tags: tuple[str, ...] = ()  # further names for it, on a fence or in an answer
    raw: str = ""  # a regular expression that only a program in this language matches, for answers without a fence
    memory_mb: int = 0  # what the runtime takes beside the program
    cpu_seconds: float = 0.0  # and how long it takes to start, at most
    processes: int = 0
    version: str = "--version"
    hello: str = ""  # reads a line, prints it: what `check` runs


@dataclass(frozen=True, slots=True)
class Found:
    """What this machine has for a language."""

    language: str
    toolchain: Toolchain | None
    version: str = ""
    missing: tuple[str, ...] = field(default=())  # programs to install when there is none

    @property
    def present(self) -> bool:
        return self.toolchain is not None


PYTHON_TAGS = ("py", "python3", "py3", "python2")
_C_RAW = r"(?m)^\s*#\s*include\b|\bint\s+main\s*\("
_JS_HELLO = "process.stdout.write(require('fs').readFileSync(0, 'utf8'))"
_TS_HELLO = "declare var require: any;\nconst text: string = require('fs').readFileSync(0, 'utf8');\nconsole.log(text.trim());"
_JAVA_HELLO = """import java.util.*;
public class Main {
    public static void main(String[] a) { System.out.println(new Scanner(System.in).nextLine()); }
}"""

# In the order they are tried; the first whose programs are all here serves the language.
TOOLCHAINS: tuple[Toolchain, ...] = (
    Toolchain("python", (), "main.py", "", tags=PYTHON_TAGS, hello="print(input())"),
    Toolchain(
        "cpp",
        ("g++",),
        "main.cpp",
        "chmod +x program && exec ./program",
        "g++ -O2 -std=gnu++17 -w -pipe -o program main.cpp",
        "program",
        ("c++", "cc", "cxx", "cpp17", "cpp20", "g++"),
        _C_RAW,
        hello="#include <bits/stdc++.h>\nint main() { std::string s; std::cin >> s; std::cout << s; }",
    ),
    Toolchain(
        "c",
        ("gcc",),
        "main.c",
        "chmod +x program && exec ./program",
        "gcc -O2 -std=gnu17 -w -pipe -o program main.c -lm",
        "program",
        ("c11", "c17", "gcc"),
        _C_RAW,
        hello='#include <stdio.h>\nint main(void) { char s[9]; scanf("%8s", s); puts(s); return 0; }',
    ),
    Toolchain(
        "java",
        ("javac", "java", "tar"),
        "Main.java",
        "tar xf classes.tar && rm classes.tar && exec java -ea -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss64m -cp . "
        "$(head -n 1 main.class.name)",
        "javac -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1 -nowarn -encoding UTF-8 $SOURCE"
        " && grep -lF '([Ljava/lang/String;)V' *.class | xargs grep -lw main | grep -v '\\$' | sed 's/\\.class$//' > main.class.name"
        " && { grep -qx Main main.class.name && echo Main > main.class.name; tar cf classes.tar *.class main.class.name; }",
        "classes.tar",
        ("java17",),
        r"\bpublic\s+static\s+void\s+main\b",
        512,
        2.0,
        64,
        "-version",
        _JAVA_HELLO,
    ),
    Toolchain(
        "javascript",
        ("node",),
        "main.js",
        "exec node --stack-size=16000 main.js",
        tags=("js", "node", "nodejs"),
        raw=r"\bconsole\.log\(|\bprocess\.stdin\b",
        memory_mb=512,
        cpu_seconds=1.0,
        processes=32,
        hello=_JS_HELLO,
    ),
    Toolchain(
        # Types are the compiler's business, not the verdict's: what it emits is run even where it grumbles.
        "typescript",
        ("tsc", "node"),
        "main.ts",
        "exec node --stack-size=16000 main.js",
        "tsc --target es2020 --module commonjs --skipLibCheck main.ts; test -f main.js",
        "main.js",
        ("ts",),
        r"\bconsole\.log\(|\bprocess\.stdin\b",
        512,
        2.0,
        32,
        hello=_TS_HELLO,
    ),
    Toolchain("php", ("php",), "main.php", "exec php main.php", tags=("php8",), raw=r"<\?php", hello="<?php echo fgets(STDIN);"),
    Toolchain(
        "csharp",
        ("mcs", "mono"),
        "main.cs",
        "exec mono --debug program.exe",
        "mcs -nologo -warn:0 -r:System.Numerics -out:program.exe main.cs",
        "program.exe",
        ("cs", "c#"),
        r"\bstatic\s+(?:async\s+)?\w+\s+Main\s*\(",
        256,
        1.0,
        32,
        hello="class P { static void Main() { System.Console.WriteLine(System.Console.ReadLine()); } }",
    ),
    Toolchain(
        "bash", ("bash",), "main.sh", "exec bash main.sh", tags=("sh", "shell", "zsh"), raw=r"\A#!.*sh\b", hello='read -r x; echo "$x"'
    ),
    Toolchain(
        "rust",
        ("rustc",),
        "main.rs",
        "chmod +x program && exec ./program",
        "rustc -O --edition 2021 -A warnings -o program main.rs",
        "program",
        ("rs",),
        r"\bfn\s+main\s*\(",
        hello='use std::io;\nfn main() { let mut s = String::new(); io::stdin().read_line(&mut s).unwrap(); print!("{}", s); }',
    ),
    Toolchain(
        "go",
        ("go",),
        "main.go",
        "chmod +x program && exec ./program",
        "GOCACHE=$PWD/.cache GOPATH=$PWD/.go HOME=$PWD GO111MODULE=off CGO_ENABLED=0 go build -o program main.go",
        "program",
        ("golang",),
        r"(?m)^package\s+main\b",
        256,
        0.5,
        32,
        "version",
        'package main\nimport "fmt"\nfunc main() { var s string; fmt.Scan(&s); fmt.Println(s) }',
    ),
)
_NAMES = {name: chain.language for chain in TOOLCHAINS for name in (chain.language, *chain.tags)}


def language_of(name: str) -> str:
    """The language's own name for one of its names; ValueError lists the known ones."""
    try:
        return _NAMES[name.strip().lower()]
    except KeyError:
        raise ValueError(f"language {name!r}; known: {', '.join(sorted(set(_NAMES.values())))}") from None


def fence_tags(language: str) -> frozenset[str]:
    return frozenset(name for name, known in _NAMES.items() if known == language)


@functools.cache
def find(language: str) -> Found:
    """The first toolchain of `language` whose programs are here; looked for once per process."""
    missing: list[str] = []
    for chain in TOOLCHAINS:
        if chain.language == language:
            absent = [name for name in chain.needs if shutil.which(name, path=SEARCH) is None]
            if not absent:
                return Found(language, chain, _version(chain))
            missing += absent
    return Found(language, None, missing=tuple(dict.fromkeys(missing)))


def _version(chain: Toolchain) -> str:
    if not chain.needs:
        import platform

        return f"Python {platform.python_version()}"
    program = shutil.which(chain.needs[0], path=SEARCH) or chain.needs[0]
    try:
        done = subprocess.run([program, chain.version], capture_output=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"version unknown: {type(error).__name__}"
    text = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace").strip()
    return text.splitlines()[0][:120] if text else "version unknown"


def toolchains() -> list[Found]:
    """What is present for every language, in the table's order."""
    return [find(language) for language in dict.fromkeys(chain.language for chain in TOOLCHAINS)]


def java_file(source: str) -> str:
    """Java wants a public class in a file of its name."""
    match = re.search(r"^\s*public\s+(?:final\s+|abstract\s+)*(?:class|record|interface|enum)\s+([A-Za-z_]\w*)", source, re.MULTILINE)
    return f"{match.group(1)}.java" if match else "Main.java"
