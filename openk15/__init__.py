"""Floor 0: what every package stands on and what knows none of them.

    errors   what a user did wrong (exit 2), what a gate refused (exit 3), what broke in a run (exit 1)
    config   YAML + dotted overrides -> frozen pydantic model; an unknown key names its nearest neighbour
    files    atomic writes, append-only JSON lines, content digests
    seeds    seeds derived from identity, never from time, order or worker
    cli      one line per error, no traceback, right exit code
    doctor   what works on this machine, what does not, and why

Invariant: nothing here imports rewards, multimodal, data_recipes, eval or rl, nor torch at import time.
"""
