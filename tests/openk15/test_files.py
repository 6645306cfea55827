import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openk15 import files
from openk15.errors import UserError


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_written_file_holds_exactly_what_was_given(tmp_path: Path):
    files.atomic_write_json(tmp_path / "deep" / "a.json", {"π": [1, 2]})
    assert files.read_json(tmp_path / "deep" / "a.json") == {"π": [1, 2]}
    assert leftovers(tmp_path / "deep") == ["a.json"]


def test_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path, monkeypatch):
    target = tmp_path / "a.txt"
    files.atomic_write_text(target, "old")

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        files.atomic_write_text(target, "new")
    assert target.read_text() == "old"
    assert leftovers(tmp_path) == ["a.txt"]


def test_folder_appears_whole_or_not_at_all(tmp_path: Path):
    def build(text: str, *, fail: bool) -> None:
        with files.atomic_folder(tmp_path / "out") as folder:
            (folder / "sub").mkdir()
            (folder / "sub" / "a").write_text(text)
            if fail:
                raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        build("first", fail=True)
    assert leftovers(tmp_path) == []
    build("second", fail=False)
    with pytest.raises(RuntimeError, match="stop"):
        build("third", fail=True)
    assert (tmp_path / "out" / "sub" / "a").read_text() == "second"
    build("fourth", fail=False)
    assert (tmp_path / "out" / "sub" / "a").read_text() == "fourth"
    assert leftovers(tmp_path) == ["out"]


def test_folder_that_cannot_take_its_place_gives_the_old_one_back(tmp_path: Path, monkeypatch):
    with files.atomic_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("old")
    replace = Path.replace

    def refuse_the_new(self: Path, target: Path) -> Path:
        if self.name.endswith(".tmp"):
            raise PermissionError("refused")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse_the_new)
    with pytest.raises(PermissionError, match="refused"), files.atomic_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("new")
    assert (tmp_path / "out" / "a").read_text() == "old"
    assert leftovers(tmp_path) == ["out"]


def test_log_survives_a_writer_killed_in_the_middle_of_a_row(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    code = (
        "import os, sys; from pathlib import Path; from openk15.files import AppendLog\n"
        "log = AppendLog(Path(sys.argv[1])); log.append({'n': 1}, {'n': 2})\n"
        "os.write(log._handle.fileno(), b'{\"n\": 3'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    assert path.read_bytes().endswith(b'{"n": 3')
    log = files.AppendLog(path)
    log.append({"n": 4})
    log.close()
    assert [row["n"] for row in files.read_jsonl(path)] == [1, 2, 4]


def test_row_is_on_disk_when_append_returns(tmp_path: Path):
    log = files.AppendLog(tmp_path / "log.jsonl")
    log.append({"text": "zwei\nZeilen"})
    assert [row["text"] for row in files.read_jsonl(tmp_path / "log.jsonl")] == ["zwei\nZeilen"]
    log.append()
    log.close()


@pytest.mark.parametrize(
    ("content", "line"),
    [(b'{"a": 1}\n{"a": \n', 2), (b'{"a": 1}\n\n[1]\n', 3), (b'\xff\xfe{"a": 1}\n', 1)],
    ids=["cut", "not an object", "not text"],
)
def test_bad_line_is_named(tmp_path: Path, content: bytes, line: int):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"^{path}:{line}: "):
        list(files.read_jsonl(path))


@pytest.mark.parametrize("reader", [files.read_json, lambda path: list(files.read_jsonl(path))])
def test_unreadable_file_is_named(tmp_path: Path, reader):
    with pytest.raises(UserError, match=rf"^{tmp_path / 'absent'}: no such file$"):
        reader(tmp_path / "absent")
    with pytest.raises(UserError, match=rf"^{tmp_path}: cannot be read: Is a directory$"):
        reader(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
def test_bad_json_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.json: not valid JSON \("):
        files.read_json(tmp_path / "a.json")


def test_digest_of_a_file_is_its_sha256(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"abc")
    assert files.sha256_file(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_json_is_written_for_people(tmp_path: Path):
    files.atomic_write_json(tmp_path / "a.json", {"b": "ü"})
    assert (tmp_path / "a.json").read_text("utf-8") == json.dumps({"b": "ü"}, ensure_ascii=False, indent=2) + "\n"
