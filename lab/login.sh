#!/usr/bin/env bash
# A root shell on one machine of the lab LAB_NAME, or a command: lab/login.sh cp1 [command ...]
set -euo pipefail
# shellcheck source=lab/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

config=$LAB_STATE/ssh/config
if [[ ! -e $config ]]; then
    echo "lab-login: there is no lab $LAB_NAME here; make lab brings it up" >&2
    exit 1
fi
machines=$(sed -n 's/^Host //p' "$config" | tr '\n' ' ')
if [[ -z ${1:-} || " $machines" != *" $1 "* ]]; then
    echo "lab-login: say which machine, M=NAME; lab $LAB_NAME has ${machines% }" >&2
    exit 2
fi
machine=$1
shift
if (($#)); then exec ssh -F "$config" "$machine" sudo -- "${@@Q}"; fi
exec ssh -t -F "$config" "$machine" sudo --login
