# Sourced by the lab's scripts: the checkout as the working folder, its tools first on the PATH, and the lab's names.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
export PATH="$PWD/.venv/bin:$PATH"
export LAB_NAME="${LAB_NAME:-kubehub}" LAB_SUBNET="${LAB_SUBNET:-198.18.7.0/24}"
export LAB_STATE="${KUBEHUB_STATE:-$HOME/.local/state/kubehub}/$LAB_NAME"

# One line for each stage, with the time since the script began.
stage() { printf '\n=== %d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
