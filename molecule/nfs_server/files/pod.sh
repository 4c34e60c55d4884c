#!/bin/sh
# Makes a network namespace as network plugins make a pod's: pod.sh NAME ADDRESS GATEWAY NETWORK. Outside NETWORK it has its machine's address.
set -eu
name=$1 address=$2 gateway=$3 network=$4
[ ! -e "/run/netns/$name" ] || exit 0
ip netns add "$name"
ip link add "$name" type veth peer name eth0 netns "$name"
ip address add "$gateway/30" dev "$name"
ip link set "$name" up
ip -n "$name" address add "$address/30" dev eth0
ip -n "$name" link set eth0 up
ip -n "$name" route add default via "$gateway"
sysctl -qw net.ipv4.ip_forward=1
nft "table ip $name { chain out { type nat hook postrouting priority srcnat; ip saddr $network ip daddr != $network masquerade; }; }"
echo made
