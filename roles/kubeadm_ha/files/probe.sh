# shellcheck shell=sh
# Prints what of Kubernetes stands on this machine, as YAML. Changes nothing.
# Usage: sh -s STAMP UNFINISHED PACKAGE... -- FILE...
set -eu
stamp=$1 unfinished=$2
shift 2

# The stamp is written last; a file that was deleted since makes it worthless.
installed=''
if [ -x /usr/local/bin/kubeadm ] && [ -x /usr/local/bin/kubelet ] && [ -x /usr/local/bin/kubectl ] && [ -r "$stamp" ]; then
  installed=$(cat "$stamp")
fi
echo "installed: '$installed'"

step=''
[ ! -r "$unfinished" ] || step=$(cat "$unfinished")
echo "unfinished: '$step'"
if [ -e /etc/kubernetes/kubelet.conf ] && [ -z "$step" ]; then echo 'joined: true'; else echo 'joined: false'; fi

echo 'packages_missing:'
while [ "$1" != -- ]; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] || echo "  - $1"
  shift
done
shift

echo 'files:'
for file; do
  [ ! -e "$file" ] || echo "  $file: $(stat -c %a "$file") $(sha256sum "$file" | cut -d' ' -f1)"
done

# Before the machine has joined there is nothing that kubelet could run with.
if systemctl --quiet is-enabled kubelet 2>/dev/null && { [ ! -e /etc/kubernetes/kubelet.conf ] || systemctl --quiet is-active kubelet; }; then
  echo 'running: true'
else
  echo 'running: false'
fi

# Off for good: none in use, none in fstab, and nothing that systemd would find at the next boot.
if [ "$(sed 1d /proc/swaps | wc -l)" -eq 0 ] &&
  ! grep -Eqs '^[^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]' /etc/fstab &&
  [ "$(systemctl is-enabled swap.target 2>/dev/null)" = masked ]; then
  echo 'swap: false'
else
  echo 'swap: true'
fi

# A firewall counts when it filters: ufw's and nftables' units are "active" without any rule.
echo 'firewalls:'
if command -v ufw >/dev/null && ufw status | grep -q '^Status: active'; then echo '  - ufw'; fi
if systemctl --quiet is-active firewalld; then echo '  - firewalld'; fi
if command -v nft >/dev/null && nft list chain inet filter input 2>/dev/null | grep -Eq 'policy drop|[[:space:]](drop|reject)'; then echo '  - nftables'; fi
