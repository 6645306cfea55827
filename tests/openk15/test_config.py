import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest
from pydantic import Field, ValidationError, field_validator, model_validator

from openk15.config import StrictModel, config_hash, load_config, parse_config
from openk15.errors import UserError


class Learner(StrictModel):
    tau: float = Field(default=0.1, gt=0)
    steps: int = 4


class Source(StrictModel):
    use: str
    size: int = 10


class Run(StrictModel):
    out: Path
    seed: int = 0
    learner: Learner = Learner()
    sources: tuple[Source, ...] = ()
    extra: Learner | None = None


def write(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_overrides_win_over_the_file_and_later_ones_over_earlier(tmp_path: Path):
    path = write(tmp_path, "out: runs/a\nlearner: {tau: 0.5}\n")
    run = load_config(Run, path, ["learner.tau=0.2", "seed=1", "seed=3"])
    assert run == Run(out=Path("runs/a"), seed=3, learner=Learner(tau=0.2))


def test_interpolation_is_resolved(tmp_path: Path):
    assert load_config(Run, write(tmp_path, "out: runs/${seed}\nseed: 7\n")).out == Path("runs/7")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("out: a\nsead: 1", "unknown key 'sead'; did you mean 'seed'?"),
        ("out: a\nlearner: {tua: 1}", "unknown key 'learner.tua'; did you mean 'tau'?"),
        ("out: a\nextra: {stesp: 1}", "unknown key 'extra.stesp'; did you mean 'steps'?"),
        ("out: a\nsources: [{use: x, siez: 1}]", "unknown key 'sources.0.siez'; did you mean 'size'?"),
        ("out: a\nlearner: {zzz: 1}", "unknown key 'learner.zzz'; valid keys here: steps, tau"),
        ("seed: 1", "key 'out' is required"),
        ("out: a\nlearner: {tau: -1}", "key 'learner.tau': Input should be greater than 0 (got -1)"),
        ("out: a\nseed: many", "(got 'many')"),
        ("out: a\nseed: ${nowhere}", "Interpolation key 'nowhere' not found"),
        ("- a\n- b", "expected a mapping of keys at the top level, got list"),
        ("", "is empty; a mapping of keys is expected"),
        ("out: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, message: str):
    path = write(tmp_path, text)
    with pytest.raises(UserError) as raised:
        load_config(Run, path)
    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_check_of_ours_speaks_for_itself_and_the_value_is_not_repeated(tmp_path: Path):
    class Picky(StrictModel):
        sources: dict[str, str]

        @field_validator("sources")
        @classmethod
        def known(cls, value: dict[str, str]) -> dict[str, str]:
            raise ValueError("no source is called 'cvs'; did you mean 'csv'?")

    with pytest.raises(UserError) as raised:
        load_config(Picky, write(tmp_path, "sources: {use: cvs, path: a.csv}"))
    assert str(raised.value).endswith("run.yaml: key 'sources': no source is called 'cvs'; did you mean 'csv'?")


def test_a_check_of_the_whole_names_no_key(tmp_path: Path):
    class Whole(StrictModel):
        least: int
        most: int

        @model_validator(mode="after")
        def ordered(self) -> Self:
            raise ValueError("least is above most")

    with pytest.raises(UserError) as raised:
        load_config(Whole, write(tmp_path, "least: 2\nmost: 1"))
    assert str(raised.value).endswith("run.yaml: least is above most")


def test_all_faults_are_told_at_once(tmp_path: Path):
    with pytest.raises(UserError) as raised:
        load_config(Run, write(tmp_path, "sead: 1\nlearner: {tau: 0}"))
    assert str(raised.value).count("run.yaml: ") == 3


@pytest.mark.parametrize("override", ["seed", "--seed"])
def test_override_without_a_value_is_refused(override: str):
    with pytest.raises(UserError, match=rf"override '{override}': expected key=value, for example seed=3"):
        parse_config(Run, {"out": "a"}, [override])


def test_file_that_is_missing_a_folder_or_no_text_is_named(tmp_path: Path):
    with pytest.raises(UserError, match=r"absent\.yaml: no such config file"):
        load_config(Run, tmp_path / "absent.yaml")
    with pytest.raises(UserError, match="is a folder, expected a YAML file"):
        load_config(Run, tmp_path)
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(UserError, match=r"picture\.yaml: cannot be read as UTF-8 text"):
        load_config(Run, tmp_path / "picture.yaml")


def test_config_cannot_be_changed_after_it_was_read():
    run = Run(out=Path("a"))
    with pytest.raises(ValidationError, match="frozen"):
        run.seed = 2  # pyright: ignore[reportAttributeAccessIssue]


def test_hash_follows_the_values_and_not_the_way_they_were_given(tmp_path: Path):
    by_file = load_config(Run, write(tmp_path, "learner: {tau: 0.2}\nout: a\n"))
    by_override = parse_config(Run, {"out": "a"}, ["learner.tau=0.2"])
    assert config_hash(by_file) == config_hash(by_override)
    assert config_hash(by_file) != config_hash(parse_config(Run, {"out": "a"}))


def test_hash_leaves_out_what_does_not_change_results():
    here, there = Run(out=Path("a")), Run(out=Path("b"))
    assert config_hash(here) != config_hash(there)
    assert config_hash(here, {"out"}) == config_hash(there, {"out"})


def test_reading_configs_does_not_import_torch():
    code = "import sys, openk15.config, openk15.files, openk15.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
