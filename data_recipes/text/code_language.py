r"""Which programming language a text is in, and what class it belongs to (section 6.3, K71): major, markup or misc.

In order of trust: a name that the record gives; the file's extension; a fenced block's name; a first line that says it
(#!, <?php); signatures of the text. Names are Pygments' lexer names in lower case, so that every extension is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Kind(StrEnum):
    MAJOR = "major"
    MARKUP = "markup"
    MISC = "misc"  # a language that is neither
    UNKNOWN = "unknown"


# The paper names Python, C, C++, Java, Go of 32 and JSON, YAML, YACC of the others; the rest of both lists is ours.
MAJOR = frozenset(
    {"python", "c", "c++", "java", "go", "javascript", "typescript", "rust", "ruby", "php", "c#", "swift", "kotlin", "scala", "haskell",
     "lua", "perl", "r", "julia", "dart", "bash", "powershell", "sql", "objective-c", "fortran", "assembly", "matlab", "elixir", "erlang",
     "clojure", "ocaml", "f#"}
)  # fmt: skip
MARKUP = frozenset({"json", "yaml", "yacc", "xml", "html", "css", "toml", "ini", "csv", "restructuredtext", "markdown", "tex", "svg"})
assert len(MAJOR) == 32

_SAME: Mapping[str, str] = {
    "python 2.x": "python", "python3": "python", "py": "python", "cpp": "c++", "cxx": "c++", "cs": "c#", "csharp": "c#",
    "js": "javascript", "ts": "typescript", "golang": "go", "rs": "rust", "rb": "ruby", "sh": "bash", "shell": "bash", "zsh": "bash",
    "s": "r", "objc": "objective-c", "gas": "assembly", "nasm": "assembly", "tasm": "assembly", "fortranfixed": "fortran",
    "fsharp": "f#", "yml": "yaml", "transact-sql": "sql", "mysql": "sql", "postgresql sql dialect": "sql", "bison": "yacc",
    "md": "markdown", "latex": "tex", "javascript+react": "javascript", "jsx": "javascript", "tsx": "typescript", "jsonld": "json",
    "json-ld": "json", "html+php": "php", "matlab session": "matlab", "plpgsql": "sql", "bash session": "bash",
}  # fmt: skip
# Endings that Pygments gives to another language, or to none.
_BY_ENDING = {
    ".y": "yacc", ".yy": "yacc", ".h": "c", ".m": "objective-c", ".pl": "perl", ".r": "r", ".v": "verilog", ".sql": "sql", ".csv": "csv",
    ".svg": "svg", ".ts": "typescript", ".asm": "assembly", ".s": "assembly", ".cls": "tex", ".tex": "tex", ".inc": "php", ".txt": "text",
}  # fmt: skip

_FIRST_LINE = [
    (re.compile(r"^#!.*\bpython"), "python"),
    (re.compile(r"^#!.*\b(?:ba|z|da|k)?sh\b"), "bash"),
    (re.compile(r"^#!.*\bperl"), "perl"),
    (re.compile(r"^#!.*\bruby"), "ruby"),
    (re.compile(r"^#!.*\bnode"), "javascript"),
    (re.compile(r"^<\?php"), "php"),
    (re.compile(r"^<\?xml"), "xml"),
    (re.compile(r"^<!doctype html|^<html", re.I), "html"),
    (re.compile(r"^%YAML|^---\s*$"), "yaml"),
    (re.compile(r"^<svg\b"), "svg"),
]
_M = re.MULTILINE
_SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "python": (
        r"^\s*(?:async )?def \w+ ?\(.*\)\s*(?:->.*)?:",
        r"^\s*(?:from [\w.]+ )?import [\w.*, ]+\s*$",
        r"^\s*(?:if|elif|for|while|class|try|with|except)\b.*:\s*(?:#.*)?$",
        r"\bself\.",
        r"^\s*assert .+==",
        r"\bprint\(.*\)\s*$",
    ),
    "c": (
        r"^\s*#include\s*<(?:stdio|stdlib|string|math|stdint|unistd)\.h>",
        r"\bprintf\(",
        r"\b(?:malloc|free|sizeof|struct \w+)\b.*;",
        r"\bint main\((?:void|int argc|\))",
        r"^\s*(?:static |unsigned |const )*(?:int|char|void|float|double|long) \**\w+\([^)]*\)\s*\{",
    ),
    "c++": (
        r"^\s*#include\s*<(?:bits/stdc\+\+\.h|boost/[\w.]+|[a-z_]+)>",
        r"\bstd::",
        r"\busing namespace \w+;|\bauto \w+ = ",
        r"\b(?:cout|cin)\s*(?:<<|>>)",
        r"\btemplate\s*<",
        r"\b(?:vector|map|set|unordered_map|optional)<[\w:, <>]+>",
    ),
    "java": (
        r"\bpublic (?:static |final |abstract )*(?:class|void|int|String|interface|boolean)\b",
        r"^\s*import java[x]?\.[\w.*]+;",
        r"\bSystem\.out\.print",
        r"\b(?:private|protected|public) (?:static |final )*[\w<>\[\]]+ \w+\s*[(;=]",
        r"\b(?:ArrayList|HashMap|Optional|Integer|List)<",
        r"\bnew \w+(?:<.*>)?\(",
    ),
    "c#": (
        r"\bstring\[\] args\b|\bstatic (?:string|bool) \w+\(",
        r"\bDebug\.Assert\(|\bforeach \(|\.Equals\(new\b",
        r"^\s*using System(?:\.\w+)*;",
        r"^\s*namespace [\w.]+",
        r"\bConsole\.Write",
        r"\b(?:public|private) (?:static |async |override )*(?:string|bool|void|int|List<\w+>|Task\b)",
        r"\{\s*get;",
        r"\busing (?:System|NUnit)\b",
    ),
    "go": (r"^package \w+\s*$", r"^func (?:\(\w+ \*?\w+\) )?\w+\(", r":=", r"^import \(?\s*\"", r"\bfmt\.\w+\("),
    "javascript": (
        r"\bfunction \w*\([^)]*\)\s*\{",
        r"^\s*(?:const|let|var) \w+\s*=",
        r"=>\s*[\{(]?",
        r"\bconsole\.log\(",
        r"\brequire\(['\"]",
        r"===",
        r"\bmodule\.exports\b",
    ),
    "typescript": (
        r"\bfunction \w+(?:<\w+>)?\([^)]*: ?[\w\[\]<>| ]+[,)]",
        r"\b(?:const|let) \w+: ?[\w\[\]<>|]+\s*=",
        r"^\s*(?:export )?(?:interface|type|enum) \w+",
        r"\): ?(?:number|string|boolean|void|any|\w+\[\]|Promise<)",
        r":\s*(?:number|string|boolean)\b(?:\[\])?",
    ),
    "rust": (
        r"\bfn \w+(?:<[^>]*>)?\([^)]*\)\s*(?:->|\{|where)",
        r"\blet mut \w+",
        r"\bimpl(?:<.*>)? \w+",
        r"\b(?:println|vec|assert(?:_eq)?)!",
        r"^\s*use (?:std|crate)::",
        r"\bpub (?:fn|struct|enum)\b",
    ),
    "php": (r"<\?php", r"\bfunction \w+\(\s*(?:\w+ )?&?\$\w+", r"\$\w+\s*=[^=]", r"\becho\b.*;", r"\$this->"),
    "ruby": (r"^\s*def \w+[^:{]*$", r"^\s*end\s*$", r"\bputs ", r"\bdo \|\w+(?:, \w+)*\|", r"^\s*require ['\"]", r"\.each\b"),
    "bash": (
        r"^\s*\w+\(\)\s*\{",
        r"\b(?:echo|grep|sed|awk|export)\s",
        r"\bif \[\[? ",
        r"^\s*(?:fi|done|esac)\s*$",
        r"\$\{?\w+\}?",
        r"^\s*# \$\d",
        r"\$\d\b",
    ),
    "sql": (
        r"(?i)^\s*select\b[\s\S]{1,400}\bfrom\b",
        r"(?i)^\s*(?:create|alter|drop) (?:table|view|index)\b",
        r"(?i)^\s*insert into\b",
        r"(?i)\b(?:inner|left|right) join\b",
    ),
    "kotlin": (r"\bfun \w+\([^)]*\)(?:\s*:\s*[\w<>?]+)?\s*[\{=]", r"\bval \w+(?:: ?\w+)? =", r"\bprintln\("),
    "swift": (r"\bfunc \w+\([^)]*\)\s*(?:->|\{)", r"\b(?:guard|if) let \w+", r"^\s*import (?:Foundation|UIKit|SwiftUI)"),
    "scala": (r"\bobject \w+\s*(?:extends \w+\s*)?\{", r"\bdef \w+(?:\[.*\])?\([^)]*\)\s*:\s*[\w\[\]]+\s*=", r"\bcase class\b"),
    "haskell": (r"^\w+ ::(?: \w+ =>)? .*->", r"^module [\w.]+", r"^import qualified\b", r"\bwhere\s*$"),
    "lua": (r"\blocal (?:function )?\w+", r"^\s*end\s*$", r"\bthen\s*$", r"\.\.\s*\""),
    "r": (r"<- ?function\(", r"\b\w+ <- ", r"\blibrary\(\w+\)", r"\bc\(\d"),
    "perl": (r"^\s*use strict;", r"\bmy [\$@%]\w+", r"^\s*sub \w+\s*\{", r"=~"),
    "html": (r"(?i)<(?:html|head|body|div|span|table|p)\b[^>]*>", r"(?i)</(?:div|p|a|body|html|table)>"),
    "css": (r"^[.#]?[\w-]+(?:[ ,>.#\w-]*)\{\s*$", r"^\s*[\w-]+:\s*[^;{}]+;\s*$"),
    "yaml": (r"^[\w-]+:\s*(?:[\w\"'\[{].*)?$", r"^\s+- [\w\"']", r"^- \w+:"),
    "tex": (r"\\documentclass\b", r"\\begin\{document\}", r"\\usepackage\b", r"\\section\{"),
    "yacc": (r"^%%\s*$", r"^%(?:token|type|left|right|start|union)\b"),
}
_STRONG = ("python", "go", "rust")  # their first signature is like no other language's, so it counts twice
# A text in the first language has the signatures of the second as well.
_CONTAINS = {"typescript": "javascript", "c++": "c", "c#": "java"}
_FENCE = re.compile(r"^```([\w+#-]+)\s*$", _M)


@dataclass(frozen=True, slots=True)
class CodeLanguage:
    name: str | None
    by: str  # "record", "extension", "fence", "first line", "signatures", "parsed" or "nothing"
    matched: str = ""

    @property
    def kind(self) -> Kind:
        if self.name is None:
            return Kind.UNKNOWN
        return Kind.MAJOR if self.name in MAJOR else Kind.MARKUP if self.name in MARKUP else Kind.MISC


def code_language(text: str, name: str | None = None, path: str | None = None) -> CodeLanguage:
    """`name`: what the record says; `path`: a file name with its extension."""
    if name and (known := canonical(name)):
        return CodeLanguage(known, "record", name)
    if path and (known := by_extension(path)):
        return CodeLanguage(known, "extension", path)
    if (fence := _FENCE.search(text)) is not None and (known := canonical(fence[1])):
        return CodeLanguage(known, "fence", fence[0].strip())
    first = text.lstrip().split("\n", 1)[0]
    for pattern, found in _FIRST_LINE:
        if (match := pattern.search(first)) is not None:
            return CodeLanguage(found, "first line", match[0])
    if text.lstrip()[:1] in ("{", "[") and _is_json(text):
        return CodeLanguage("json", "parsed")
    return by_signatures(text)


@cache
def canonical(name: str) -> str | None:
    """Our name of a language, by any of the names that Pygments knows; None for what is no language."""
    from pygments.lexers import find_lexer_class_by_name
    from pygments.util import ClassNotFound

    low = name.strip().lower()
    if low in _SAME or low in MAJOR or low in MARKUP:
        return _SAME.get(low, low)
    try:
        found = find_lexer_class_by_name(low).name.lower()
    except ClassNotFound:
        return None
    return None if found == "text only" else _SAME.get(found, found)


@cache
def by_extension(path: str) -> str | None:
    from pygments.lexers import find_lexer_class_for_filename
    from pygments.util import ClassNotFound

    ending = re.search(r"\.[^./\\]+$", path.lower())
    if ending is not None and ending[0] in _BY_ENDING:
        return _BY_ENDING[ending[0]]
    try:
        found = find_lexer_class_for_filename(re.split(r"[/\\]", path)[-1])
    except ClassNotFound:
        return None
    return None if found is None else _SAME.get(found.name.lower(), found.name.lower())


def by_signatures(text: str) -> CodeLanguage:
    """The language of which most different signatures occur, two at least, and more than any other's (but see `_CONTAINS`)."""
    matched = {
        language: [match[0].strip() for pattern in patterns if (match := pattern.search(text)) is not None]
        for language, patterns in _compiled().items()
    }
    scores = {
        language: len(hits) + (language in _STRONG and _compiled()[language][0].search(text) is not None)
        for language, hits in matched.items()
    }
    for larger, smaller in _CONTAINS.items():
        if scores[larger] >= 2 and scores[larger] + 2 >= scores[smaller]:
            scores[smaller] = 0
    ranked = sorted(scores, key=lambda language: -scores[language])
    first, second = ranked[:2]
    if scores[first] < 2 or scores[first] == scores[second]:
        return CodeLanguage(None, "nothing", f"{first}: {scores[first]}, {second}: {scores[second]} signatures")
    return CodeLanguage(first, "signatures", "; ".join(matched[first])[:120])


@cache
def _compiled() -> dict[str, tuple[re.Pattern[str], ...]]:
    return {language: tuple(re.compile(pattern, _M) for pattern in patterns) for language, patterns in _SIGNATURES.items()}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
