"""The tokenizer and its chat template."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multimodal.messages import Message, Part, Role, user
from multimodal.tokenizer import SPECIAL_TOKENS, train_tokenizer
from rl.sft import response_ids

TEXTS = ["12 + 7 = 19", "the sum of 1234 and 99 is 1333", "count the dots 3 3 3 12 12 12 2024 2024"] * 5
TOKENIZER = train_tokenizer(TEXTS, 400)


@pytest.mark.parametrize("text", ["2024", " 2024", "x12y", "3.14", "12 12 12", "007"])
def test_every_digit_is_a_token_of_its_own(text):
    pieces = TOKENIZER.convert_ids_to_tokens(TOKENIZER(text)["input_ids"])
    assert [character for character in text if character.isdigit()] == [
        "".join(filter(str.isdigit, piece)) for piece in pieces if any(map(str.isdigit, piece))
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_comes_back(text):
    assert TOKENIZER.decode(TOKENIZER(text, add_special_tokens=False)["input_ids"], skip_special_tokens=False) == text


def test_the_same_texts_give_the_same_tokenizer_and_others_another():
    again = train_tokenizer(iter(TEXTS), 400)
    assert again.backend_tokenizer.to_str() == TOKENIZER.backend_tokenizer.to_str()
    assert train_tokenizer(["quite other words"] * 9, 400).get_vocab() != TOKENIZER.get_vocab()


def test_marks_are_single_tokens_with_the_first_ids():
    assert [TOKENIZER(mark)["input_ids"] for mark in SPECIAL_TOKENS] == [[at] for at in range(len(SPECIAL_TOKENS))]
    assert (TOKENIZER.eos_token, TOKENIZER.pad_token) == ("<|im_end|>", "<|endoftext|>")


ANSWERS = ["\\boxed{19}", "Think: 12 + 7 = 19.\nSo \\boxed{19}", " leading blank", "ends in a newline\n"]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("pictured", [False, True])
def test_a_conversation_is_the_prompt_the_response_and_the_end_mark(processor, ask, make_picture, answer, pictured):
    question = "What is the sum of 12 and 7?"
    prompt = ask(processor, question, *([make_picture(1)] if pictured else []))
    response = response_ids(processor, answer)
    parts = ([Part(image="0" * 64)] if pictured else []) + [Part(question)]
    conversation = (user(*parts), Message(Role.ASSISTANT, (Part(answer),)))
    whole = processor.tokenizer(processor.render(conversation, generation_prompt=False), add_special_tokens=False)["input_ids"]
    assert tuple(whole) == (*prompt.raw_ids, *response)
    assert response[-1] == processor.eos_ids[0]


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_generation_mask_covers_the_answer_and_its_end_mark(processor, answer):
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "12 + 7?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": answer}]},
        {"role": "user", "content": "and 3?"},
        {"role": "assistant", "content": answer},
    ]
    made = processor.tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
    spans: list[list[int]] = []
    previous = 0
    for token, mask in zip(made["input_ids"], made["assistant_masks"], strict=True):
        if mask and not previous:
            spans.append([])
        if mask:
            spans[-1].append(token)
        previous = mask
    assert [tuple(span) for span in spans] == [response_ids(processor, answer)] * 2
