"""What a service is started with."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from openk15.errors import UserError

TOKEN_VARIABLE = "OPENK15_REWARDS_TOKEN"
SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = 8015  # 0: any free one
    workers: int = 1  # processes that judge
    token: str | None = None
    max_queue: int = 2048  # items open at a time
    max_batch: int = 256  # items of one request
    max_body: int = 4 << 20  # bytes of one request
    max_bytes: int = 256 << 20  # bytes of all open requests
    max_connections: int = 1024
    request_seconds: float = 60.0  # from a whole request to its answer
    client_seconds: float = 15.0  # for a client to send, or to take, what it must
    grace_seconds: float = 30.0  # for accepted requests when told to stop
    run: bool = True  # offer /v1/run

    def __post_init__(self) -> None:
        if self.token is None and not self.loopback:
            raise UserError(f"--host {self.host} is reachable from elsewhere: give --token-file FILE, or set {TOKEN_VARIABLE}")
        if self.max_batch > self.max_queue:
            raise UserError(f"--max-batch {self.max_batch} is more than --max-queue {self.max_queue}: such a batch could never be taken")

    @property
    def loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_token(path: Path | None) -> str | None:
    """The bearer token of `path`, else of the variable; None when neither is given."""
    if path is None:
        token, where = os.environ.get(TOKEN_VARIABLE), TOKEN_VARIABLE
        if token is None:
            return None
    else:
        where = str(path)
        try:
            token = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: the token cannot be read: {getattr(error, 'strerror', None) or error}") from None
    token = token.strip()
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise UserError(f"{where}: a token is at least {SHORTEST_TOKEN} printable ASCII characters without blanks, got {len(token)}")
    return token
