"""`python -m data_recipes.corpora FOLDER`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from data_recipes.corpora.write import write_corpora
from openk15.errors import OpenK15Error

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m data_recipes.corpora", description="Write small corpora out of what installed packages ship."
    )
    parser.add_argument("folder", type=Path, help="folder to write, replaced whole")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, help="records in each file at most")
    given = parser.parse_args()
    try:
        for name, count in write_corpora(given.folder, given.seed, given.limit).items():
            print(f"{count:6d}  {given.folder / name}")
    except OpenK15Error as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
