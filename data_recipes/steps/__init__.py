"""Steps: each measures something about every row and drops none. `base` says what a step is and lists them by name."""
