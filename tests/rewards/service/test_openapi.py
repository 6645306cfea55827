"""What the OpenAPI says is what the service does, tried by schemathesis where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def command() -> str:
    found = os.environ.get("OPENK15_SCHEMATHESIS") or shutil.which("schemathesis")
    if not found:
        pytest.skip("no schemathesis on the path: install it, or point OPENK15_SCHEMATHESIS at its command")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--token-file",)])
def test_schemathesis_finds_nothing(start, tmp_path, options):
    tool = command()
    token = "a-token-for-tests-only"
    (tmp_path / "token").write_text(token)
    service = start("--workers", "2", "--client-seconds", "5", *options, *([str(tmp_path / "token")] if options else []))
    with service.client(headers={"authorization": f"Bearer {token}"}) as client:
        safe = client.post("/v1/run", json={"code": "1"}).status_code != 501
    arguments = [
        tool,
        "run",
        f"{service.url}/openapi.json",
        "--checks",
        "all",
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        "60",
    ]
    arguments += ["--header", f"Authorization: Bearer {token}"] if options else []
    arguments += [] if safe else ["--exclude-path", "/v1/run"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout
