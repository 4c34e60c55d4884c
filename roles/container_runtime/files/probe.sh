# shellcheck shell=sh
# Prints what of the container runtime stands on this machine, as YAML. Changes nothing.
# Usage: sh -s STAMP PACKAGE...
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
for package; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "  - $package"
done

echo 'registries:'
for hosts in /etc/containerd/certs.d/*/hosts.toml; do
  [ -r "$hosts" ] || continue
  registry=${hosts%/hosts.toml}
  echo "  ${registry##*/}: $(sha256sum <"$hosts" | cut -d' ' -f1)"
done
