"""Ray: started on this machine, or joined by address. A wrong address is an error in one line, within seconds."""

from __future__ import annotations

import logging
import os
import socket

from openk15.errors import UserError
from openk15.probes import ask

ADDRESS_SECONDS = 5.0
GREETING_SECONDS = 20.0
GREETING = "from ray._raylet import GcsClient; GcsClient(address={address!r}); answer = {{}}"


def answers(address: str | None, named: str) -> None:
    """UserError when `address` is no host:port or nothing listens there: asked before what takes long, and without Ray."""
    if not address or address in ("auto", "local"):
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise UserError(f"{named}={address!r}: expected host:port, for example 10.0.0.5:6379")
    try:
        socket.create_connection((host, int(port)), timeout=ADDRESS_SECONDS).close()
    except OSError as error:
        raise UserError(
            f"{named}={address}: nothing answers there ({error.strerror or error}); "
            f"start a cluster with `ray start --head`, or leave {named} out to use this machine"
        ) from None


def connect(address: str | None, named: str) -> None:
    """Start Ray on this machine, or join the cluster at `address` (host:port or "auto"); `named` is the key that holds it.

    Without an address RAY_ADDRESS counts, as everywhere with Ray; without either, no cluster is joined, whatever else runs here.
    Raises UserError when nothing answers there.
    """
    import ray

    if not address:
        address, named = os.environ.get("RAY_ADDRESS") or "local", "RAY_ADDRESS"
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray's workers are the run itself: at Ray's own niceness of 15 any busy neighbour starves them, until a deadline ends the run.
    os.environ.setdefault("RAY_worker_niceness", "0")
    # Ray gives actors one OpenMP thread per CPU they ask for; here the phases take turns with all cores.
    os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    answers(address, named)
    if address not in ("auto", "local"):
        # In a process that can be ended: ray.init waits for minutes on a port where something else listens.
        greeted = ask(GREETING.format(address=address), GREETING_SECONDS)
        if greeted.value is None:
            raise UserError(f"{named}={address}: something listens there, but it is no Ray cluster of this version ({greeted.why})")
    try:
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR, configure_logging=False)
    except (ConnectionError, RuntimeError, TimeoutError) as error:
        raise UserError(f"{named}={address}: no Ray cluster there ({' '.join(str(error).split())[:160]})") from None
