"""Verdicts over HTTP: the same records, the same registry, the same pool as in process.

    client ─▶ protocol ─▶ guard ─▶ app ─▶ RewardPool ─▶ worker processes       /v1/verify, /v1/verify/batch
               slow heads   token    │                                          /v1/verifiers
                            sizes    └──▶ threads ─▶ sandbox                    /v1/run
                            slow bodies, deadlines, counts                      /healthz /readyz /metrics /openapi.json

    settings   Settings, where the token comes from
    models     the records as pydantic models, and so the OpenAPI
    app        routes
    guard      what every request passes: token, host, size, time limits, counts
    limits     how much may be open at a time
    metrics    counters in Prometheus' text form
    sandboxed  programs for /v1/run
    protocol   connections that send their head too slowly, or never take their answer
    server     uvicorn, started and stopped so that accepted requests are finished

Invariants: nothing that may take long runs on the event loop; what is open is bounded (items, bytes, connections) and
the rest is told to come back; every wait for a client has a deadline; a broken client costs nobody else anything; an
error of ours is a verdict with status `error`, or a 5xx, never a score.
"""

from rewards.service.app import create_app
from rewards.service.server import serve
from rewards.service.settings import Settings, read_token

__all__ = ["Settings", "create_app", "read_token", "serve"]
