# shellcheck shell=sh
# Prints what of the container runtime stands on this machine, as YAML. Changes nothing.
# Usage: sh -s STAMP PACKAGE... -- FILE...
set -eu
stamp=$1
shift

# The stamp is written last, so what it names was unpacked whole; a file that was deleted since makes it worthless.
installed=''
if [ -x /usr/local/bin/containerd ] && [ -x /usr/local/bin/containerd-shim-runc-v2 ] && [ -x /opt/cni/bin/loopback ] && [ -r "$stamp" ]; then
  installed=$(cat "$stamp")
fi
echo "installed: '$installed'"

echo 'packages_missing:'
while [ "$1" != -- ]; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] || echo "  - $1"
  shift
done
shift

# Mirrors that are no longer wanted count too.
echo 'files:'
for file in $(printf '%s\n' "$@" /etc/containerd/certs.d/*/hosts.toml | sort -u); do
  [ ! -e "$file" ] || echo "  $file: $(stat -c %a "$file") $(sha256sum "$file" | cut -d' ' -f1)"
done

if systemctl --quiet is-enabled containerd 2>/dev/null && systemctl --quiet is-active containerd; then
  echo 'running: true'
else
  echo 'running: false'
fi
