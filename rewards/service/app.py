"""The routes. `create_app` makes an ASGI app that owns a reward pool from start-up to shutdown.

Annotations are evaluated here, not kept as text: the routes' models are made inside `create_app`.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib import metadata
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from pydantic import ConfigDict, Field
from starlette.exceptions import HTTPException

from rewards.pool import RewardPool, fault
from rewards.registry import get, names
from rewards.service import sandboxed
from rewards.service.guard import Guard
from rewards.service.limits import RETRY_SECONDS, Busy, Lag, Room
from rewards.service.metrics import Metrics
from rewards.service.models import (
    EIGHT,
    AnswerIn,
    CommandIn,
    Problem,
    ProgramIn,
    RunOut,
    Strict,
    VerdictOut,
    VerdictsOut,
    VerifierOut,
    VerifyIn,
    one_of,
    whole,
)
from rewards.service.settings import Settings
from rewards.verdict import Answer, Verdict

PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "the body cannot be read as JSON"},
    408: {"model": Problem, "description": "the body did not arrive in time"},
    413: {"model": Problem, "description": "the body is too large"},
    422: {"model": Problem, "description": "the body is not of the form asked for"},
    503: {
        "model": Problem,
        "description": "no room now: come back after Retry-After seconds",
        "headers": {"Retry-After": {"schema": {"type": "integer"}}},
    },
    504: {"model": Problem, "description": "no answer in time"},
}


def create_app(settings: Settings) -> FastAPI:
    known = names()
    answer_in = one_of(AnswerIn, "verifier", known, "Answer")
    items, held = Room("items", settings.max_queue), Room("bytes", settings.max_bytes)
    pool = RewardPool(settings.workers, max_waiting=settings.max_queue)
    metrics, lag = Metrics(pool, items, held), Lag()
    runners = ThreadPoolExecutor(settings.workers, thread_name_prefix="run")

    class Verify(VerifyIn):
        answer: answer_in  # type: ignore[valid-type]

    class VerifyBatch(Strict):
        model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EIGHT]}]})

        items: Annotated[list[Verify], Field(min_length=1, max_length=settings.max_batch)]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            await asyncio.to_thread(pool.start)
        except Exception as error:
            app.state.fault = f"{type(error).__name__}: {error}"
            raise
        watching = asyncio.create_task(lag.watch())
        app.state.ready = True
        yield
        app.state.ready = False
        watching.cancel()
        pool.close()
        runners.shutdown(wait=False, cancel_futures=True)

    refusals = dict(PROBLEMS)
    if settings.token is None:
        refusals[421] = {"model": Problem, "description": "called by a name that is not served"}
        guards = []
    else:
        refusals[401] = {"model": Problem, "description": "no token, or a wrong one"}
        guards = [Depends(HTTPBearer(auto_error=False, description="the service's token"))]
    app = FastAPI(
        title="openk15 rewards",
        version=_version(),
        description="Is this answer right? Verdicts with reasons; an error is never a score.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.ready, app.state.fault, app.state.pool = False, "", pool
    asked = {"dependencies": guards, "responses": refusals}
    read = {"dependencies": guards, "responses": {code: refusals[code] for code in (401, 421) if code in refusals}}

    def submit(item: Any) -> asyncio.Future[Verdict]:
        try:
            answer: Answer = item.answer.record()
        except ValueError as error:  # a bad answer is an error of its own item, here as anywhere
            bare = Answer(item.answer.verifier, None)
            done: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
            done.set_result(fault(bare, f"ValueError: {error}", 0.0))
            return done
        return asyncio.wrap_future(pool.submit(item.response, answer))

    async def judge(asked_items: list[Any]) -> list[VerdictOut]:
        with items.hold(len(asked_items)):
            futures = [submit(item) for item in asked_items]
            try:
                verdicts: list[Verdict] = await asyncio.gather(*futures)
            finally:
                for future in futures:
                    future.cancel()
        for verdict in verdicts:
            metrics.verdict(verdict)
        return [VerdictOut.of(item.id, verdict) for item, verdict in zip(asked_items, verdicts, strict=True)]

    @app.post("/v1/verify", **asked)
    async def verify(request: Verify) -> VerdictOut:
        """Judge one response."""
        return (await judge([request]))[0]

    @app.post("/v1/verify/batch", **asked)
    async def verify_batch(request: VerifyBatch) -> VerdictsOut:
        """Judge many responses; the verdicts come in the order of the items."""
        return VerdictsOut(verdicts=await judge(request.items))

    @app.get("/v1/verifiers", **read)
    async def verifiers() -> list[VerifierOut]:
        """What can be named as `answer.verifier`."""
        return [VerifierOut(name=name, version=get(name).version) for name in known]

    if settings.run:
        program, command = one_of(ProgramIn, "language", sandboxed.languages(), "Program"), CommandIn
        images = sandboxed.images()
        program, command = one_of(program, "image", images, "RunProgram"), one_of(command, "image", images, "RunCommand")
        no_sandbox = {501: {"model": Problem, "description": "this machine has no sandbox that is safe"}}

        @app.post("/v1/run", **{**asked, "responses": {**refusals, **no_sandbox}})
        async def run(request: program | command) -> RunOut:  # type: ignore[valid-type]
            """Run a program, or a command, in the sandbox: no network, nothing of it survives."""
            with items.hold(1):
                return RunOut.of(await asyncio.get_running_loop().run_in_executor(runners, sandboxed.run, request))

    @app.get("/healthz", responses={}, include_in_schema=True)
    async def health() -> dict[str, bool]:
        """The process answers."""
        return {"ok": True}

    @app.get("/readyz", responses={503: {"model": Problem, "description": "not yet, or no longer"}})
    async def ready() -> dict[str, bool]:
        """Requests would be judged: the workers are up, and there is room."""
        if not app.state.ready or items.taken >= items.limit:
            raise Busy("not ready" if not app.state.ready else "the queue is full")
        return {"ok": True}

    @app.get("/metrics", response_class=Response, **{**read, "responses": {**read["responses"], 200: {"content": {"text/plain": {}}}}})
    async def metrics_text() -> Response:
        """Counts in Prometheus' text form."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        """Where and what is wrong; never what was sent: it may be large, or not be text at all."""
        kind = request.headers.get("content-type", "")
        if _media(kind) != "application/json" and not _media(kind).endswith("+json"):
            # What follows from it, a body that is no object, would send its sender to look for a fault in the body.
            return JSONResponse({"detail": f"Content-Type is {whole(kind)[:100]!r}; send Content-Type: application/json"}, 422)
        found = [{"loc": list(one["loc"]), "msg": whole(str(one["msg"]))[:300], "type": one["type"]} for one in error.errors()[:20]]
        return JSONResponse({"detail": found}, 422)

    @app.exception_handler(HTTPException)
    async def not_there(request: Request, error: HTTPException) -> JSONResponse:
        """A path or a method that is not served: say what is."""
        detail = str(error.detail)
        if error.status_code == 404:
            detail = "nothing is served at this path; /openapi.json says what is, with an example of each request"
        elif error.status_code == 405:
            detail = f"{request.method} is not served here; use {(error.headers or {}).get('Allow', 'what /openapi.json says')}"
        return JSONResponse({"detail": detail}, error.status_code, error.headers)

    @app.exception_handler(Busy)
    async def busy(_: Request, error: Busy) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 503, {"Retry-After": str(RETRY_SECONDS)})

    @app.exception_handler(sandboxed.NoSandbox)
    async def no_sandbox_here(_: Request, error: sandboxed.NoSandbox) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 501)

    @app.exception_handler(sandboxed.BadRun)
    async def bad_run(_: Request, error: sandboxed.BadRun) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 422)

    routes = frozenset(str(getattr(route, "path", "")) for route in app.routes)
    app.add_middleware(Guard, settings=settings, held=held, lag=lag, metrics=metrics, routes=routes)  # type: ignore[arg-type]
    return app


def _media(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()


def _version() -> str:
    try:
        return metadata.version("openk15")
    except metadata.PackageNotFoundError:  # run from a checkout
        return "0"
