"""Languages other than Python, and what is said when a toolchain is not there."""

from __future__ import annotations

import pytest

from rewards import Status
from rewards.code import check_toolchain, languages, toolchains

TESTS = [{"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "5 6\n", "stdout": "11\n"}]
PROGRAMS = {
    "cpp": "#include <bits/stdc++.h>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b; }",
    "c": '#include <stdio.h>\nint main(void) { int a, b; scanf("%d %d", &a, &b); printf("%d", a + b); return 0; }',
    "java": "import java.util.*;\nclass Helper { static int add(int a, int b) { return a + b; } }\n"
    "class Program { public static void main(String[] x) {\n"
    "Scanner s = new Scanner(System.in); System.out.println(Helper.add(s.nextInt(), s.nextInt())); } }",
    "javascript": "const [a, b] = require('fs').readFileSync(0, 'utf8').trim().split(' ').map(Number);\nconsole.log(a + b);",
    "typescript": "declare var require: any;\nconst text: string = require('fs').readFileSync(0, 'utf8');\n"
    "const parts: number[] = text.trim().split(' ').map(Number);\nconsole.log(parts[0] + parts[1]);",
    "php": "<?php\nlist($a, $b) = explode(' ', trim(fgets(STDIN)));\necho $a + $b;",
    "csharp": "using System;\nclass P { static void Main() { var p = Console.ReadLine().Split(' ');\n"
    "Console.WriteLine(int.Parse(p[0]) + int.Parse(p[1])); } }",
    "bash": "read -r a b\necho $((a + b))",
    "rust": "use std::io;\nfn main() { let mut s = String::new(); io::stdin().read_line(&mut s).unwrap();\n"
    'let t: i64 = s.split_whitespace().map(|x| x.parse::<i64>().unwrap()).sum(); println!("{}", t); }',
    "go": 'package main\nimport "fmt"\nfunc main() { var a, b int; fmt.Scan(&a, &b); fmt.Println(a + b) }',
}


def test_every_language_has_a_program_here():
    assert set(PROGRAMS) | {"python"} == {found.language for found in toolchains()}


@pytest.mark.parametrize("language", PROGRAMS)
def test_right_and_wrong_programs(boxed, judged, needs, language):
    needs(language)
    assert check_toolchain(language) == ""
    right = judged(PROGRAMS[language], language=language, tests=TESTS)
    assert right.status is Status.CORRECT, right
    wrong = judged(PROGRAMS[language], language=language, tests=[*TESTS, {"stdin": "1 1\n", "stdout": "3"}])
    assert wrong.status is Status.WRONG, wrong
    assert wrong.reason.startswith("test 3 of 3: line 1 is '2'")


@pytest.mark.parametrize(("language", "text"), [("cpp", "int main( {"), ("c", "int main( {"), ("java", "class A { void f( }")])
def test_what_does_not_compile_is_wrong_and_the_compiler_is_quoted(boxed, judged, needs, language, text):
    needs(language)
    verdict = judged(text, language=language, tests=TESTS)
    assert verdict.status is Status.WRONG
    assert "does not compile: " in verdict.reason
    assert "error" in verdict.reason


def test_an_absent_toolchain_is_an_error_that_names_it(plain, judged, monkeypatch):
    monkeypatch.setattr(languages, "SEARCH", "/nowhere")
    languages.find.cache_clear()
    try:
        verdict = judged("int main() {}", language="cpp", tests=TESTS)
        found = {one.language: one for one in toolchains()}
    finally:
        languages.find.cache_clear()
    assert verdict.status is Status.ERROR
    assert "no toolchain for cpp: install g++" in verdict.reason
    assert not found["java"].present
    assert found["java"].missing == ("javac", "java", "tar")
    assert found["python"].present
    assert not plain.jobs


def test_asserts_in_other_languages_only_where_they_are_allowed(boxed, judged, needs):
    needs("cpp")
    tests = "#include <cassert>\nint main() { assert(add(1, 2) == 3); }"
    right, wrong = "int add(int a, int b) { return a + b; }", "int add(int a, int b) { return a - b; }"
    assert judged(right, language="cpp", test_code=tests).status is Status.ERROR
    assert judged(right, language="cpp", test_code=tests, in_process=True).status is Status.CORRECT
    assert judged(wrong, language="cpp", test_code=tests, in_process=True).status is Status.WRONG


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("public class Foo { }", "Foo.java"),
        ("import java.util.*;\n  public final class Bar<T> {", "Bar.java"),
        ("class A {}\nclass B {}", "Main.java"),
        ("// public class X\nclass A {}", "Main.java"),
    ],
)
def test_java_file_names(source, name):
    assert languages.java_file(source) == name
