"""Drawing samples: what is asked for is made once, survives a kill, and is the same however the work was interrupted."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data_recipes import sampling
from data_recipes.sampling import Request, Sample, SamplerConfig, SampleStore, close_engine, draw, model_digest
from multimodal.images import image_digest
from multimodal.messages import Part, user
from multimodal.processing import ProcessedPrompt
from multimodal.segment import Segment, StopReason
from openk15.errors import UserError

SEED = 5


class FakeProcessor:
    """One token a word; the words of an answer are numbers."""

    def prompt(self, messages: Any, images: Any) -> ProcessedPrompt:
        text = " ".join(message.text for message in messages)
        return ProcessedPrompt(tuple(range(len(text.split()))), (), digest=text)

    def decode(self, token_ids: Any) -> str:
        return " ".join(map(str, token_ids))


class FakeEngine:
    """Answers with three numbers made of prompt and seed, later streams first; `dies` kills the process at that call."""

    def __init__(self, dies: int | None = None):
        self.calls, self.dies, self.going, self.most = 0, dies, 0, 0

    async def extend(self, prompt: ProcessedPrompt, prefix: Any, budget: int, seed: int) -> Segment:
        self.calls += 1
        self.going += 1
        self.most = max(self.most, self.going)
        if self.calls == self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        if prompt.digest.startswith("fails"):
            await asyncio.sleep(0.05)
            raise UserError("this prompt fails")
        for _ in range(seed % 7):
            await asyncio.sleep(0)
        self.going -= 1
        made = hashlib.sha256(f"{prompt.digest} {seed}".encode()).digest()[:3]
        stop = StopReason.BUDGET if budget < 3 else StopReason.EOS
        return Segment(tuple(made[:budget]), (0.0,) * min(3, budget), 0, seed, stop)

    async def close(self) -> None:
        pass


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    return folder


def use_engine(engine: FakeEngine, config: SamplerConfig) -> FakeEngine:
    close_engine()
    identity = (model_digest(config.model), config.engine_config)
    opened: Any = sampling._Opened(identity, engine, FakeProcessor(), asyncio.new_event_loop())  # type: ignore[arg-type]
    sampling._open.append(opened)
    return engine


@pytest.fixture
def config(model: Path) -> Iterator[SamplerConfig]:
    config = SamplerConfig(model=model, engine="torch", max_model_len=64)
    use_engine(FakeEngine(), config)
    yield config
    close_engine()


def requests(*counts: int, text: str = "question") -> list[Request]:
    return [Request.of((user(Part(text=f"{text} {at}")),), n) for at, n in enumerate(counts)]


def engine() -> FakeEngine:
    return sampling._open[0].engine  # type: ignore[return-value]


def test_samples_come_in_the_order_of_requests_and_indices(config, tmp_path):
    store = SampleStore(tmp_path / "samples")
    found = list(draw(config, requests(3, 0, 5), {}, store, SEED))
    assert [len(samples) for samples in found] == [3, 0, 5]
    assert store.made == 8
    assert len({sample.text for samples in found for sample in samples}) == 8
    assert all(sample.tokens == 3 and not sample.truncated for samples in found for sample in samples)
    backwards = list(draw(config, requests(3, 0, 5)[::-1], {}, SampleStore(tmp_path / "other"), SEED))
    assert backwards == found[::-1], "a sample must not depend on its neighbours"


def test_what_is_stored_is_never_made_again_and_more_samples_keep_the_first(config, tmp_path):
    first = list(draw(config, requests(4, 4), {}, SampleStore(tmp_path), SEED))
    again = SampleStore(tmp_path)
    assert list(draw(config, requests(4, 4), {}, again, SEED)) == first
    assert again.made == 0
    more = list(draw(config, requests(6, 4), {}, again, SEED))
    assert again.made == 2
    assert more[0][:4] == first[0]


def test_a_full_store_opens_no_engine(config, tmp_path):
    list(draw(config, requests(2), {}, SampleStore(tmp_path), SEED))
    close_engine()
    store = SampleStore(tmp_path)
    assert len(next(draw(config, requests(2), {}, store, SEED))) == 2
    assert sampling._open == []


def test_a_prompt_that_is_asked_twice_is_sampled_once(config, tmp_path):
    store = SampleStore(tmp_path)
    one, two, more = draw(config, [*requests(3), *requests(3), *requests(5)], {}, store, SEED)
    assert (one, one) == (two, more[:3])
    assert store.made == 5


@pytest.mark.parametrize(
    "other", [{"temperature": 0.7}, {"max_tokens": 9}, {"max_model_len": 65}, {"dtype": "bfloat16"}, {"engine": "vllm"}]
)
def test_another_sampler_or_seed_has_samples_of_its_own(config, tmp_path, other):
    store = SampleStore(tmp_path)
    list(draw(config, requests(2), {}, store, SEED))
    assert config.model_copy(update=other).digest != config.digest
    list(draw(config, requests(2), {}, store, SEED + 1))
    assert store.made == 4


def test_a_model_counts_by_its_content_and_not_by_its_place(config, tmp_path):
    before = model_digest(config.model)
    moved = config.model.rename(tmp_path / "moved")
    assert model_digest(moved) == before
    (moved / "model.safetensors").write_bytes(b"other weights")
    assert model_digest(moved) != before
    weights = model_digest(moved)
    (moved / "tokenizer.json").write_text('{"a": 1}')
    assert model_digest(moved) != weights


def test_an_engine_has_no_more_streams_than_it_is_given_at_once(config, tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "IN_FLIGHT", 6)
    list(draw(config, requests(*[5] * 8), {}, SampleStore(tmp_path), SEED))
    assert (engine().calls, engine().most) == (40, 6)


def test_a_cut_sample_and_a_prompt_without_room_are_truncated(config, tmp_path):
    short = config.model_copy(update={"max_tokens": 2})
    (cut,) = next(draw(short, requests(1), {}, SampleStore(tmp_path), SEED))
    assert (cut.tokens, cut.truncated) == (2, True)
    (nothing, _) = next(draw(config, requests(2, text="word " * 64), {}, SampleStore(tmp_path), SEED))
    assert nothing == Sample("", 0, True)
    assert engine().calls == 1


def test_a_failure_is_raised_as_it_is_and_what_was_made_is_kept(config, tmp_path):
    store = SampleStore(tmp_path)
    with pytest.raises(UserError, match="this prompt fails"):
        list(draw(config, [*requests(4), *requests(1, text="fails")], {}, store, SEED))
    assert store.made == 4
    assert len(list(draw(config, requests(4), {}, store, SEED))) == 1
    assert store.made == 4


def test_a_reader_that_stops_early_loses_nothing_and_leaves_the_engine_free(config, tmp_path):
    store = SampleStore(tmp_path)
    reader: Any = draw(config, requests(*[4] * 30), {}, store, SEED)
    next(reader)
    reader.close()
    made = store.made
    assert 4 <= made < 120
    again = SampleStore(tmp_path)
    assert len(list(draw(config, requests(*[4] * 30), {}, again, SEED))) == 30
    assert again.made == 120 - made


def test_a_kill_in_the_middle_loses_a_few_samples_and_changes_none(config, tmp_path):
    whole = list(draw(config, requests(*[10] * 12), {}, SampleStore(tmp_path / "whole"), SEED))
    sampling.IN_FLIGHT, before = 8, sampling.IN_FLIGHT

    def killed() -> None:
        use_engine(FakeEngine(dies=61), config)
        list(draw(config, requests(*[10] * 12), {}, SampleStore(tmp_path / "killed"), SEED))

    try:
        child = multiprocessing.get_context("fork").Process(target=killed)
        child.start()
        child.join(60)
    finally:
        sampling.IN_FLIGHT = before
    assert child.exitcode == -signal.SIGKILL
    (file,) = (tmp_path / "killed").iterdir()
    kept = len(file.read_bytes().splitlines())
    assert 61 - 8 - sampling.FLUSH <= kept < 61
    with file.open("ab") as handle:
        handle.write(b'{"seed":5,"key":"torn')  # a write that was cut
    store = SampleStore(tmp_path / "killed")
    assert list(draw(config, requests(*[10] * 12), {}, store, SEED)) == whole
    assert store.made == 120 - kept
    assert sorted(file.read_bytes().splitlines()) == sorted(next((tmp_path / "whole").iterdir()).read_bytes().splitlines())


def test_a_damaged_line_is_named(config, tmp_path):
    list(draw(config, requests(3), {}, SampleStore(tmp_path / "samples"), SEED))
    (file,) = (tmp_path / "samples").iterdir()
    lines = file.read_bytes().splitlines(keepends=True)
    for damage in (b"{}\n", b"no json\n", lines[1].replace(b'"truncated":false', b'"truncated":0')):
        file.write_bytes(lines[0] + damage + lines[2])
        with pytest.raises(UserError, match=r"\.jsonl:2: not a stored sample .* delete this line"):
            list(draw(config, requests(3), {}, SampleStore(tmp_path / "samples"), SEED))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: folder.rename(folder.parent / "gone"), "no such model folder"),
        (lambda folder: (folder / "config.json").unlink(), r"no config\.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), r"no \*\.safetensors"),
    ],
)
def test_a_folder_that_is_no_model_is_named(config, damage, message):
    damage(config.model)
    with pytest.raises(UserError, match=rf"step difficulty: sampler\.model: .*{message}"):
        config.check("step difficulty")


# Real engines on tiny models: the same contract for both, and for both kinds of model


@pytest.fixture(scope="module")
def vlm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from multimodal.policy import PolicyConfig, build_policy

    shape = PolicyConfig(
        hidden_size=64, layers=2, heads=2, kv_heads=2, intermediate_size=64, vision_hidden_size=64, vision_layers=1, vision_heads=2
    )
    folder = tmp_path_factory.mktemp("vlm") / "tiny"
    build_policy(shape, ["user\n", "assistant\n", "How many dots? 3"] * 3, folder, seed=1)
    return folder


@pytest.fixture(scope="module")
def lm(vlm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama with the policy's tokenizer: what SmolLM2 is, but small."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer: Any = AutoTokenizer.from_pretrained(vlm)
    folder = tmp_path_factory.mktemp("lm") / "tiny"
    shape = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
        max_position_embeddings=256, eos_token_id=tokenizer.eos_token_id, tie_word_embeddings=True,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        LlamaForCausalLM(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", [pytest.param("torch", id="torch"), pytest.param("vllm", id="vllm", marks=pytest.mark.vllm)])
def test_both_kinds_of_model_are_sampled_by_both_engines(kind, vlm, lm, tmp_path):
    if kind == "vllm":
        pytest.importorskip("vllm", reason="vLLM cannot be imported", exc_type=ImportError)
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (56, 56), "red").save(buffer, format="PNG")
    images = {image_digest(buffer.getvalue()): buffer.getvalue()}
    plain = requests(4, 4)
    pictured = Request.of((user(Part(image=next(iter(images))), Part(text="How many dots?")),), 4)
    try:
        for folder, asked in ((lm, plain), (vlm, [*plain, pictured])):
            config = SamplerConfig(model=folder, engine=kind, max_tokens=8, max_model_len=128)
            assert config.takes_pictures == (folder == vlm)
            store = SampleStore(tmp_path / folder.parent.name / "a")
            found = list(draw(config, asked, images, store, SEED))
            assert store.made == 4 * len(asked)
            assert len({samples[0].text for samples in found}) > 1
            assert all(1 <= sample.tokens <= 8 for samples in found for sample in samples)
            few = [Request.of(request.messages, 2) for request in asked[::-1]]
            other = list(draw(config, few, images, SampleStore(tmp_path / folder.parent.name / "b"), SEED))
            assert other == [samples[:2] for samples in found[::-1]], "company and order must not matter"
        with pytest.raises(UserError, match="a text-only model takes no pictures"):
            list(draw(SamplerConfig(model=lm, engine=kind, max_model_len=128), [pictured], images, SampleStore(tmp_path / "c"), SEED))
    finally:
        close_engine()
