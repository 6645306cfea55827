"""What the OpenAPI says is what the service does, tried by schemathesis."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"


@pytest.mark.slow
def test_schemathesis_finds_nothing(start, tmp_path):
    token = "a-token-for-tests-only"
    (tmp_path / "token").write_text(token)
    service = start("--workers", "2", "--client-seconds", "5", "--token-file", str(tmp_path / "token"))
    with service.client(headers={"authorization": f"Bearer {token}"}) as client:
        safe = client.post("/v1/run", json={"code": "1"}).status_code != 501
    arguments = [
        str(SCHEMATHESIS),
        "run",
        f"{service.url}/openapi.json",
        "--checks",
        "all",
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        "15",
    ]
    arguments += ["--header", f"Authorization: Bearer {token}"]
    arguments += [] if safe else ["--exclude-path", "/v1/run"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout
