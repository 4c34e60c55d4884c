#!/usr/bin/env bash
# What takes too long for every change: interruptions, kills and replacements, in labs of its own. LAB_TESTS="-k killed" chooses among the tests.
set -euo pipefail
# shellcheck source=lab/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

lab/doctor.sh --fix || { echo "lab: NOT RUN, for the doctor's reasons above; put them right and run 'make test-long' again" >&2 && exit 3; }
lab/bootstrap.sh --virtual
read -ra chosen <<<"${LAB_TESTS:-}"
if [[ -z ${LAB_CHARTS:-} || -z ${LAB_EXTRA_IMAGES:-} ]]; then
    echo "the real YuniKorn: NOT RUN, LAB_CHARTS and LAB_EXTRA_IMAGES name no folders with its chart and images" >&2
    chosen+=(--ignore tests/long/test_real_yunikorn.py)
fi
exec pytest -v -p no:cacheprovider --durations=0 tests/long "${chosen[@]}"
