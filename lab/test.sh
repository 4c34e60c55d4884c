#!/usr/bin/env bash
# The README's test command: check, then every lab test in a lab of its own, which is removed however this ends.
# LAB_KEEP=1 leaves the lab standing, to look at; LAB_TESTS="-k verify" chooses among the lab's tests.
set -euo pipefail
export LAB_NAME=${LAB_TEST_NAME:-kubehub-test} LAB_SUBNET=${LAB_TEST_SUBNET:-198.18.8.0/24}
# shellcheck source=lab/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
export LAB_LOGS=${LAB_LOGS:-${TMPDIR:-/tmp}/$LAB_NAME-logs}

stage "1/4 doctor: can a lab stand here?"
carries=yes
lab/doctor.sh --fix || carries=no
stage "2/4 packages and Python environment"
if [[ $carries == yes ]]; then lab/bootstrap.sh --tests; else lab/bootstrap.sh; fi
stage "3/4 check: everything that needs no machine"
lab/check.sh
if [[ $carries == no ]]; then
    echo "lab: NOT RUN, for the doctor's reasons above; put them right and run 'make test' again" >&2
    exit 3
fi

remove() {
    status=$?
    trap - EXIT INT TERM HUP
    if [[ ${LAB_KEEP:-} != 1 ]]; then
        stage "removing lab $LAB_NAME"
        lab/molecule destroy >"$LAB_LOGS/destroy-last.log" 2>&1 || { status=$?; tail -n 40 "$LAB_LOGS/destroy-last.log"; }
    fi
    exit "$status"
}
rm -rf "$LAB_LOGS"
mkdir -p "$LAB_LOGS"
trap remove EXIT INT TERM HUP

stage "4/4 lab $LAB_NAME in $LAB_SUBNET; its logs: $LAB_LOGS"
lab/molecule destroy >"$LAB_LOGS/destroy-first.log" 2>&1
lab/up.sh
read -ra chosen <<<"${LAB_TESTS:-}"
pytest -v -x -p no:cacheprovider tests/lab "${chosen[@]}"
stage "all of it passed"
