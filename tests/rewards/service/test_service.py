"""The service as its clients see it: verdicts, refusals, and what broken clients may not do to others."""

from __future__ import annotations

import concurrent.futures
import json
import signal
import socket
import time

import pytest

from openk15.errors import UserError
from rewards.registry import names
from rewards.service import Settings, read_token
from rewards.verdict import Status

TOKEN = "a-token-for-tests-only"
EIGHT = {"verifier": "number", "reference": "8"}


def item(content: str, key: int | str | None = None) -> dict:
    return {"id": key, "response": f"\\boxed{{{content}}}", "answer": EIGHT}


def head(length: int, path: str = "/v1/verify") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()


def test_one_verdict_has_the_fields_of_the_record(service):
    with service.client() as client:
        found = client.post("/v1/verify", json=item("8", "a")).json()
    assert found.pop("seconds") >= 0
    assert found == {"id": "a", "status": "correct", "score": 1.0, "extracted": "8", "reason": "equal", "verifier": found["verifier"]}
    assert found["verifier"].startswith("number@")


def test_a_batch_comes_back_in_order_and_flat_parameters_are_read(service):
    red = {"id": "r", "response": "\\boxed{red}", "answer": {"verifier": "choice", "reference": "red", "choices": ["red", "blue"]}}
    with service.client() as client:
        found = client.post("/v1/verify/batch", json={"items": [item(str(n), n) for n in range(20)] + [red]}).json()["verdicts"]
    assert [one["id"] for one in found] == [*range(20), "r"]
    assert [one["status"] for one in found] == ["correct" if n == 8 else "wrong" for n in range(20)] + ["correct"]


def test_a_bad_reference_is_an_error_without_a_score(service):
    with service.client() as client:
        found = client.post("/v1/verify", json={"response": "8", "answer": {"verifier": "number", "reference": "eight"}}).json()
    assert (found["status"], found["score"]) == (Status.ERROR, None)
    assert "eight" in found["reason"]


def test_a_parameter_given_twice_is_an_error_of_its_own_item(service):
    twice = {"response": "8", "answer": {**EIGHT, "params": {"x": 1}, "x": 2}}
    with service.client() as client:
        first, second = client.post("/v1/verify/batch", json={"items": [twice, item("8")]}).json()["verdicts"]
    assert (first["status"], second["status"]) == ("error", "correct")
    assert "given twice" in first["reason"]


def test_the_verifiers_are_listed_and_named_in_the_openapi(service):
    with service.client() as client:
        assert [one["name"] for one in client.get("/v1/verifiers").json()] == names()
        schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["Answer"]["properties"]["verifier"]["enum"] == names()
    assert set(schemas["VerdictOut"]["properties"]) == {"id", "status", "score", "extracted", "reason", "seconds", "verifier"}


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"", 422, "Field required"),
        (b"{", 422, "JSON decode error"),
        (b"[1]", 422, "valid dictionary"),
        (b'{"response": "8"}', 422, "answer"),
        (b'{"response": 8, "answer": {"verifier": "number"}}', 422, "valid string"),
        (b'{"response": "8", "answer": {"verifier": "numbr"}}', 422, "'number'"),
        (b'{"id": false, "response": "8", "answer": {"verifier": "number"}}', 422, "expected an integer"),
        (b'{"response": "8", "extra": 1, "answer": {"verifier": "number"}}', 422, "Extra inputs"),
        (b"[" * 60000, 400, "error parsing the body"),
        (b"1" * 6000, 400, "error parsing the body"),
        (b'{"response": "' + b"x" * (65 << 10) + b'"}', 413, "more than 65536 bytes"),
    ],
)
def test_what_is_no_request_is_refused_by_name(service, body, code, says):
    with service.client() as client:
        answer = client.post("/v1/verify", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == code, answer.text
        assert says in answer.text
        assert client.post("/v1/verify", json=item("8")).status_code == 200


def test_half_surrogate_pairs_do_not_break_the_answer(service):
    body = b'{"id": "\\udc00", "response": "\\\\boxed{\\ud800}", "answer": {"verifier": "number", "reference": "\\ud800"}}'
    with service.client() as client:
        answer = client.post("/v1/verify", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["status"]) == ("?", "error")


def test_too_large_a_batch_and_an_empty_one_are_refused(service):
    with service.client() as client:
        assert client.post("/v1/verify/batch", json={"items": [item("8")] * 51}).status_code == 422
        assert client.post("/v1/verify/batch", json={"items": []}).status_code == 422


def test_a_body_without_a_length_is_cut_off_at_the_limit(service):
    def endless():
        for _ in range(30):
            yield b"x" * 4096

    with service.client() as client:
        answer = client.post("/v1/verify", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_methods_and_paths_that_are_not_there(service):
    with service.client() as client:
        answer = client.get("/v1/verify")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert "use POST" in answer.text
        answer = client.get("/nowhere")
        assert answer.status_code == 404
        assert "/openapi.json says what is" in answer.text


def test_a_body_sent_as_a_form_is_told_the_content_type_it_needs(service):
    """What `curl -d` sends without a header of one's own."""
    with service.client() as client:
        sent = {"content": json.dumps(item("8")), "headers": {"content-type": "application/x-www-form-urlencoded"}}
        answer = client.post("/v1/verify", **sent)
        assert answer.status_code == 422
        assert answer.json()["detail"].endswith("send Content-Type: application/json")
        sent["headers"] = {"content-type": "Application/JSON; charset=utf-8"}
        assert client.post("/v1/verify", **sent).status_code == 200


def test_the_requests_that_the_openapi_shows_are_answered_in_the_form_it_shows(service):
    with service.client() as client:
        described = client.get("/openapi.json").json()
        schemas = described["components"]["schemas"]
        judged = client.post("/v1/verify", json=schemas["Verify"]["examples"][0]).json()
        assert {**judged, "seconds": 0.0} == {**schemas["VerdictOut"]["examples"][0], "seconds": 0.0}
        batch = client.post("/v1/verify/batch", json=schemas["VerifyBatch"]["examples"][0]).json()
    assert batch.keys() == schemas["VerdictsOut"]["examples"][0].keys()
    assert set(schemas["RunOut"]["properties"]) - set(schemas["RunOut"]["examples"][0]) == {"signal"}  # OpenAPI leaves out what is null
    assert all(schemas[name]["examples"] for name in ("RunProgram", "RunCommand", "Problem"))


def test_a_foreign_host_name_is_not_served_without_a_token(service):
    with service.client() as client:
        assert client.post("/v1/verify", json=item("8"), headers={"host": "rebound.example"}).status_code == 421
        assert client.get("/healthz", headers={"host": "rebound.example"}).status_code == 200


def test_a_body_that_stops_half_way_is_given_up_and_others_are_served(service):
    stuck = [service.raw() for _ in range(20)]
    for connection in stuck:
        connection.sendall(head(1000) + b'{"resp')
    with service.client() as client:
        for _ in range(50):
            assert client.post("/v1/verify", json=item("8")).json()["status"] == "correct"
    for connection in stuck:
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
        connection.close()


@pytest.mark.parametrize(
    "sent", [b"", b"POST /v1/verify HTTP/1.1\r\nHost: 127", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /he"]
)
def test_a_head_that_never_ends_closes_the_connection(service, sent):
    with service.raw() as connection:
        connection.sendall(sent)
        received = b""
        while part := connection.recv(4096):
            received += part
    assert received == b"" or received.startswith(b"HTTP/1.1 200")


def test_an_endless_head_is_cut_off(service):
    def send_forever(connection: socket.socket) -> None:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        for at in range(1000):
            connection.sendall(f"x-{at}: {'x' * 4000}\r\n".encode())
            time.sleep(0.002)

    with service.raw() as connection, pytest.raises(ConnectionError):
        send_forever(connection)


def test_garbage_is_answered_with_400(service):
    with service.raw() as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00 what is this\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_clients_that_hang_up_cost_nobody_anything(service):
    body = json.dumps(item("8")).encode()
    for _ in range(50):
        connection = service.raw()
        connection.sendall(head(len(body)) + body)
        connection.close()
    with service.client() as client:
        assert client.post("/v1/verify", json=item("8")).json()["status"] == "correct"
        until = time.monotonic() + 20
        while "rewards_open_items 0.0" not in client.get("/metrics").text:
            assert time.monotonic() < until, "items stay open"
            time.sleep(0.05)


def test_many_clients_each_get_their_own_verdicts(service):
    def ask(number: int) -> bool:
        with service.client() as client:
            wanted = [(n * 7 + number) % 16 for n in range(25)]
            found = client.post("/v1/verify/batch", json={"items": [item(str(n), n) for n in wanted]}).json()["verdicts"]
            return [(one["id"], one["status"]) for one in found] == [(n, "correct" if n == 8 else "wrong") for n in wanted]

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        assert all(threads.map(ask, range(64)))


def test_the_metrics_count(service):
    with service.client() as client:
        client.post("/v1/verify", json=item("8"))
        text = client.get("/metrics").text
    assert 'rewards_requests_total{code="200",route="/v1/verify"}' in text
    assert 'status="correct",verifier="number@' in text
    assert "process_resident_memory_bytes" in text


def test_a_token_is_required_where_there_is_one(start, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    guarded = start("--workers", "1", "--token-file", str(file), "--no-run")
    with guarded.client() as client:
        for headers in (
            {},
            {"authorization": "Bearer wrong-token-for-tests"},
            {"authorization": f"Basic {TOKEN}"},
            {"authorization": "Bearer"},
        ):
            answer = client.post("/v1/verify", json=item("8"), headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert ("is not the one" in answer.text) == ("wrong-token" in headers.get("authorization", ""))
            assert client.get("/metrics", headers=headers).status_code == 401
            assert client.get("/openapi.json", headers=headers).status_code == 401
        mine = {"authorization": f"Bearer {TOKEN}", "host": "anything.example"}
        assert client.post("/v1/verify", json=item("8"), headers=mine).json()["status"] == "correct"
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        assert client.post("/v1/run", json={"code": "print(1)"}, headers=mine).status_code == 404


def test_a_full_queue_is_refused_with_retry_after(start):
    small = start("--workers", "1", "--max-queue", "2", "--max-batch", "2", "--no-run")
    slow = {"response": "\\boxed{" + "1, " * 60_000 + "}", "answer": {"verifier": "number_list", "reference": "1, 2"}}

    def ask(_: int) -> int:
        with small.client() as client:
            answer = client.post("/v1/verify", json=slow)
            assert answer.status_code == 200 or (answer.status_code == 503 and answer.headers["retry-after"] == "1"), answer.text
            return answer.status_code

    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        codes = list(threads.map(ask, range(24)))
    assert 200 in codes
    assert 503 in codes
    with small.client() as client:
        assert client.post("/v1/verify", json=item("8")).json()["status"] == "correct"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_finishes_what_was_accepted_and_leaves_no_process(start, number):
    stopping = start("--workers", "1", "--no-run", "--grace-seconds", "20")
    slow = {"response": "\\boxed{" + "1, " * 60_000 + "1}", "answer": {"verifier": "number_list", "reference": "1, 2"}}
    with concurrent.futures.ThreadPoolExecutor(4) as threads:

        def ask(_: int) -> str:
            with stopping.client() as client:
                return client.post("/v1/verify", json=slow).json()["status"]

        asked = [threads.submit(ask, n) for n in range(4)]
        with stopping.client() as client:
            until = time.monotonic() + 20
            while "rewards_open_items 4.0" not in client.get("/metrics").text:
                if any(one.done() for one in asked) or time.monotonic() > until:
                    break
        code, said = stopping.stop(number)
        assert [one.result() for one in asked] == ["wrong"] * 4
    assert (code, said) == (0, "")


def test_the_address_may_be_taken(start, service, repo_root):
    with pytest.raises(AssertionError, match="cannot listen there"):
        start("--host", "127.0.0.1", "--port", str(service.port))


def test_a_reachable_address_needs_a_token():
    with pytest.raises(UserError, match=r"--host 0\.0\.0\.0 is reachable from elsewhere: give --token-file"):
        Settings(host="0.0.0.0")
    assert Settings(host="0.0.0.0", token=TOKEN).port == 8015
    assert Settings(host="::1").loopback


def test_bad_tokens_are_named(tmp_path, monkeypatch):
    file = tmp_path / "token"
    for text in ("", "short", "with blanks in the middle"):
        file.write_text(text)
        with pytest.raises(UserError, match="a token is at least 16"):
            read_token(file)
    with pytest.raises(UserError, match="cannot be read"):
        read_token(tmp_path / "none")
    monkeypatch.setenv("OPENK15_REWARDS_TOKEN", TOKEN)
    assert read_token(None) == TOKEN
