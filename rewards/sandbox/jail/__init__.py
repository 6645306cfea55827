"""The sandbox's inside: a stand-alone program of the standard library alone, started by `worker.py` with a clean environment.

    linux     system calls that Python does not offer
    seccomp   the system-call filter
    room      the root file system a run sees, and its work folder
    program   the last steps before untrusted code runs: identity, limits, filter
    wrapped   the same steps where another program builds the walls
    keeper    process 1 of a run: prepares the room, starts the program, reports how it ended
    main      the helper itself: one job after the other, watched

    judge ──control socket──▶ main ──clone(new namespaces)──▶ keeper (pid 1) ──fork──▶ program (pid 2, untrusted)
      ▲                        │ watches CPU, memory, tasks, wall     │ waits, kills the rest, measures
      └──── how it ended ──────┴──────────────── facts ◀──────────────┘

Invariants: main stays single-threaded, reads no job content (source, files and input travel in sealed memory files
that only keeper opens) and outlives no judge. What the program can touch dies with keeper's namespaces.
Nothing here imports the rest of the project: the interpreter may be another one than the judge's.
"""
