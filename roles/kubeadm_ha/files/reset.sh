# shellcheck shell=sh
# Empties this machine of its cluster, if it has one: Kubernetes' configuration, pods, etcd's data, the network plugin's traces. Prints "emptied"
# when there was something. What is installed stays, and so do the audit logs and everything under the pods' host paths.
# Usage: sh -s ETCD_DATA_DIR
set -eu
data=$1
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

traces=$(ls -d /etc/kubernetes/*.conf /etc/kubernetes/manifests/* /etc/kubernetes/pki/* /etc/kubernetes/encryption /etc/kubernetes/kubehub-unfinished \
  /var/lib/kubelet/config.yaml "$data/member" /etc/cni/net.d/* 2>/dev/null || true)
[ -n "$traces" ] || exit 0

# The member leaves etcd by a living control plane; asking for it here would wait for an API that may be gone.
if command -v kubeadm >/dev/null; then
  kubeadm reset --force --skip-phases remove-etcd-member --cri-socket unix:///run/containerd/containerd.sock >&2
fi
rm -rf "$data/member" /etc/kubernetes/encryption /etc/kubernetes/pki

for link in cilium_host cilium_vxlan cilium_wg0 lxc_health flannel.1 cni0; do ip link delete "$link" 2>/dev/null || true; done
for family in ip ip6; do nft delete table "$family" kube-proxy 2>/dev/null || true; done
umount /run/cilium/cgroupv2 2>/dev/null || true
rm -rf --one-file-system /sys/fs/bpf/cilium /sys/fs/bpf/tc /run/cilium
# Last, so that an interrupted run is seen as one.
rm -rf /etc/cni/net.d/* /etc/kubernetes/kubehub-unfinished
echo emptied
