"""Floor 4: the loop.  curriculum -> partial rollouts -> ledger -> learner -> weights.

In: a built dataset, a policy folder, a config. Out: a run folder that explains itself from its files
(run.json, ledger.jsonl, metrics.jsonl, evals.jsonl, checkpoints/, report.html).

    config      typed configs of warm-up and RL
    objective   the exact sequence-level objective: pure functions
    trajectory  one response in the making: segments in order, seeds from identity
    ledger      write-ahead log; the state of a run is a fold over it
    curriculum  what to draw: uniform, then hard; in proportion to 1 - success rate
    batch       complete groups -> rewards, advantages, what trains
    learner     gradient steps on one iteration's batch; plain class
    long2short  shortest right samples and preference pairs: pure functions
    rollout     extends trajectories with an engine; plain class
    guards      weight parity, image sensitivity, error rate
    fleet       where workers live: in this process, or as Ray actors that may die
    loop        the algorithm on one page
    inputs      data, policy and prompt lengths, checked before a model is loaded
    run         a run's folder: create, lock, resume, refuse what changed
    sft         long-CoT warm-up
    reward_model, rm_data, rm_backbone, rm_serve, rm_eval   reward models: trained, served as callables, spot-checked
    smollm2     a small real language model as a backbone
    metrics, display, report   what a person sees
    demo        data -> warm-up -> RL -> benchmark -> report in one command
    cli         `rl plan|sft|train|resume|report|demo|rm`

Invariants: state of record is on disk, never in a worker; a trajectory is trained by at most one committed
iteration; batches are ordered by id, never by completion; the optimizer is fresh in every iteration.
"""
