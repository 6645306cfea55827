"""Floor 1: messages and images in, a model's answer out.  Knows no reward and no dataset.

    messages    Part, Message: text, or an image by content digest
    images      ImageStore: digest -> picture; broken or huge files are clear errors
    tokenizer   byte-level BPE trained on the recipe's own text, chat template with generation marks
    policy      builds a tiny Qwen2.5-VL from a config; loads and saves any Hugging Face VLM folder
    processing  PromptProcessor: messages -> ProcessedPrompt, made once, used by engine and learner alike
    packing     many examples in one row without attention between them
    scoring     log-probabilities of given tokens, in chunks
    segment     Segment, StopReason: what one engine call produced
    repetition  the rule by which a repeating generation is stopped
    engines     the Engine protocol; VLLMEngine, TorchEngine
    weights     WeightSource: named tensors with a digest each

Invariants: the chat template is applied once, by the processor; the engine and the learner use the same
ProcessedPrompt, so they cannot see different pixels; placeholders equal features for every prompt.
"""
