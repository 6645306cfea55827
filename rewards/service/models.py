"""The records as they cross HTTP. `rewards.verdict` has the originals; these add what a stranger may not send."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, create_model

from rewards.sandbox.job import Ending, Limits, RunResult
from rewards.verdict import Answer, Status, Verdict


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _shown(*examples: dict[str, JsonValue]) -> ConfigDict:
    """What the OpenAPI shows of a record: it can be sent, or was answered, as it stands."""
    return ConfigDict(json_schema_extra={"examples": list(examples)})


EIGHT: dict[str, JsonValue] = {"id": "a", "response": "\\boxed{8}", "answer": {"verifier": "number", "reference": "8"}}
JUDGED: dict[str, JsonValue] = {
    "id": "a",
    "status": "correct",
    "score": 1.0,
    "extracted": "8",
    "reason": "equal",
    "seconds": 0.0004,
    "verifier": "number@3",
}
RAN: dict[str, JsonValue] = {
    "ending": "exited",
    "exit_code": 0,
    "signal": None,
    "stdout": "1\n",
    "stderr": "",
    "wall_seconds": 0.05,
    "cpu_seconds": 0.02,
    "memory_mb": 9.5,
    "collected": {},
    "detail": "",
}


def _integer(value: object) -> object:
    """What JSON schema calls an integer: 1 and 1.0, but neither true nor "1"."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected an integer")
    return value


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a number")
    return value


Integer = Annotated[int, BeforeValidator(_integer)]
Number = Annotated[float, BeforeValidator(_number)]


class AnswerIn(BaseModel):
    """What is right, and who decides it. Further keys are read as if they stood under `params`; a key in both is an `error`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]

    verifier: str = Field(description="a registered verifier; /v1/verifiers lists them")
    reference: JsonValue = Field(default=None, description="the right answer in the form which that verifier reads")
    params: dict[str, JsonValue] = Field(default_factory=dict, description="parameters of the verifier")

    def record(self) -> Answer:
        """Raises ValueError when a parameter is given twice."""
        return Answer.from_dict(self.model_dump())


class VerifyIn(Strict):
    model_config = _shown(EIGHT)

    id: str | Integer | None = Field(default=None, description="comes back with the verdict")
    response: str = Field(description="a model's text")
    answer: AnswerIn


class VerdictOut(Strict):
    model_config = _shown(JUDGED)

    id: str | int | None
    status: Status = Field(description="error is a fault of the verifier or of the reference: never a reward")
    score: float | None = Field(ge=0, le=1, description="null exactly when the status is error")
    extracted: str | None = Field(description="the final answer as read from the response")
    reason: str = Field(description="one line for a person")
    seconds: float = Field(ge=0, description="inside the verifier")
    verifier: str = Field(description="name@version")

    @classmethod
    def of(cls, key: str | int | None, verdict: Verdict) -> VerdictOut:
        extracted = None if verdict.extracted is None else whole(verdict.extracted)
        return cls(
            id=whole(key) if isinstance(key, str) else key,
            status=verdict.status,
            score=verdict.score,
            extracted=extracted,
            reason=whole(verdict.reason),
            seconds=verdict.seconds,
            verifier=verdict.verifier,
        )


class VerdictsOut(Strict):
    model_config = _shown({"verdicts": [JUDGED]})

    verdicts: list[VerdictOut] = Field(description="in the order of the items")


class VerifierOut(Strict):
    name: str
    version: str


class Problem(Strict):
    """Why a request has no answer."""

    model_config = _shown({"detail": "what is wrong, in one line"})

    detail: str | list[dict[str, Any]]


FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$")]
Argument = Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=4096)]


class LimitsIn(Strict):
    """As `rewards.sandbox.job.Limits`, with upper ends."""

    wall_seconds: Number = Field(default=Limits().wall_seconds, gt=0, le=60)
    cpu_seconds: Number = Field(default=Limits().cpu_seconds, gt=0, le=60)
    memory_mb: Integer = Field(default=Limits().memory_mb, ge=16, le=4096)
    processes: Integer = Field(default=Limits().processes, ge=1, le=512)
    output_kb: Integer = Field(default=Limits().output_kb, ge=1, le=8192)
    file_mb: Integer = Field(default=Limits().file_mb, ge=1, le=512)
    disk_mb: Integer = Field(default=Limits().disk_mb, ge=1, le=1024)

    def record(self) -> Limits:
        return Limits(**self.model_dump())


class _RunIn(Strict):
    files: dict[FileName, str] = Field(
        default_factory=dict, max_length=64, description="text files of the work folder", json_schema_extra={"additionalProperties": False}
    )
    stdin: str = Field(default="", description="what it reads")
    limits: LimitsIn = LimitsIn()
    image: str = Field(default="host", description="root file system by name; host is this machine's, read-only")
    collect: list[FileName] = Field(default_factory=list, max_length=64, description="files of the work folder to hand back")


class ProgramIn(_RunIn):
    model_config = _shown({"language": "python", "code": "print(input())", "stdin": "1\n"})

    language: str = Field(default="python", description="`rewards doctor` lists those that have a toolchain here")
    code: str = Field(description="the whole program")


class CommandIn(_RunIn):
    model_config = _shown({"argv": ["cat", "note.txt"], "files": {"note.txt": "1\n"}})

    argv: list[Argument] = Field(min_length=1, max_length=256, description="the command and its arguments; no shell reads them")


class RunOut(Strict):
    model_config = _shown(RAN)

    ending: Ending = Field(description="how it ended; `fault` is the sandbox's own failure")
    exit_code: int | None
    signal: int | None
    stdout: str = Field(description="UTF-8; bytes that are none are replaced")
    stderr: str
    wall_seconds: float
    cpu_seconds: float
    memory_mb: float
    collected: dict[str, str]
    detail: str

    @classmethod
    def of(cls, result: RunResult) -> RunOut:
        return cls(
            ending=result.ending,
            exit_code=result.exit_code,
            signal=result.signal,
            stdout=result.stdout.decode("utf-8", "replace"),
            stderr=result.stderr.decode("utf-8", "replace"),
            wall_seconds=result.wall_seconds,
            cpu_seconds=result.cpu_seconds,
            memory_mb=result.memory_mb,
            collected={name: data.decode("utf-8", "replace") for name, data in result.collected.items()},
            detail=whole(result.detail),
        )


def whole(text: str) -> str:
    """Text that UTF-8 can carry: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def one_of(base: type[BaseModel], field: str, values: list[str], name: str) -> Any:
    """`base` with `field` narrowed to `values`, so that the OpenAPI says which there are."""
    info = base.model_fields[field]
    return create_model(name, __base__=base, **{field: (Literal[tuple(values)], info)})  # type: ignore[call-overload]
