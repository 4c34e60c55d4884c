# shellcheck shell=sh
# Prints what this machine's kernel and firmware say about its GPUs, as YAML. Changes nothing.
set -eu

# shellcheck source=/dev/null
. /etc/os-release
echo "system: $ID$VERSION_ID"
echo "kernel: '$(uname -r)'"

# PCI class 03 is a display controller, 10de is NVIDIA.
cards=0
for device in /sys/bus/pci/devices/*; do
  [ -r "$device/vendor" ] || continue
  if [ "$(cat "$device/vendor")" = 0x10de ] && [ "$(cut -c 3-4 "$device/class")" = 03 ]; then
    cards=$((cards + 1))
  fi
done
echo "cards: $cards"

# One that is loaded, or else one that is installed; the operator's own lives in a container and is no file of the machine.
driver=''
if [ "$(modinfo -F filename nvidia 2>/dev/null | head -n 1)" ]; then
  driver=$(modinfo -F version nvidia 2>/dev/null | head -n 1)
fi
echo "driver: '$driver'"

if grep -qs '^nouveau ' /proc/modules; then echo 'nouveau: true'; else echo 'nouveau: false'; fi

# The variable's value comes after four bytes of attributes.
secure=false
for variable in /sys/firmware/efi/efivars/SecureBoot-*; do
  [ -r "$variable" ] || continue
  [ "$(od -An -t u1 -j 4 -N 1 "$variable" | tr -d ' ')" != 1 ] || secure=true
done
echo "secure_boot: $secure"
