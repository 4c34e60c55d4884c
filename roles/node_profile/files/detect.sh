# shellcheck shell=sh
# Prints what this machine's kernel and container allow, as YAML. Changes nothing.
set -eu

case $(stat -f -c %T /sys/fs/cgroup) in
  cgroup2fs) echo 'cgroup_version: 2' ;;
  *) echo 'cgroup_version: 1' ;;
esac

# Bit 24 of the bounding set is CAP_SYS_RESOURCE (linux/capability.h).
bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/1/status)
if [ $(( 0x$bounding >> 24 & 1 )) -eq 1 ]; then echo 'can_raise_limits: true'; else echo 'can_raise_limits: false'; fi

# systemd tells a container (podman, docker, lxc, nspawn) from a virtual machine.
if systemd-detect-virt --container --quiet; then echo 'container: true'; else echo 'container: false'; fi
