"""Counters of one service, in Prometheus' text form."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from rewards.pool import RewardPool
from rewards.service.limits import Room
from rewards.verdict import Verdict

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    def __init__(self, pool: RewardPool, items: Room, held: Room):
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter("rewards_requests", "Answered requests", ["route", "code"], registry=self._registry)
        self.lost = Counter("rewards_clients_lost", "Requests whose client left or was too slow", ["route"], registry=self._registry)
        self.seconds = Histogram(
            "rewards_request_seconds", "From a whole request to its answer", ["route"], buckets=BUCKETS, registry=self._registry
        )
        self._verdicts = Counter("rewards_verdicts", "Verdicts", ["verifier", "status"], registry=self._registry)
        self._judging = Histogram(
            "rewards_verify_seconds", "Time inside the verifier", ["verifier"], buckets=BUCKETS, registry=self._registry
        )
        for room, name in ((items, "items"), (held, "bytes")):
            Gauge(f"rewards_open_{name}", room.name, registry=self._registry).set_function(lambda room=room: room.taken)
        Gauge("rewards_workers_lost", "Workers killed or dead", registry=self._registry).set_function(lambda: pool.restarts)

    def verdict(self, verdict: Verdict) -> None:
        self._verdicts.labels(verdict.verifier, verdict.status).inc()
        self._judging.labels(verdict.verifier).observe(verdict.seconds)

    def text(self) -> bytes:
        return generate_latest(self._registry)
