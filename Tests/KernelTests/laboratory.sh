#!/bin/sh
# Makes a network namespace with the devices and routes that LaboratoryTests.swift speaks of, and runs a command in it.
# Nothing in it can reach another machine. Usage: laboratory.sh COMMAND [ARGUMENT…]
set -eu
if [ -z "${PROBE_LABORATORY:-}" ]; then
  export PROBE_LABORATORY=1
  if [ "$(id -u)" = 0 ]; then exec unshare --net "$0" "$@"; fi
  exec unshare --user --map-root-user --net "$0" "$@"
fi
ip link set lo up
ip link add lab0 mtu 1400 type veth peer name lab1
ip link add labbr type bridge
ip link set lab1 address 02:00:00:00:00:77
for device in lab0 lab1 labbr; do ip link set "$device" up; done
ip address add 10.77.0.1/24 broadcast + dev lab0
ip -6 address add 2001:db8:7::1/64 dev lab0 nodad
# The far end of the wire is in this namespace, too: it takes 10.77.0.2 for its own, and answers who has it, while
# whatever is sent from here still goes over the wire.
ip rule add iif lab1 lookup 77
ip route add local 10.77.0.2 dev lab1 table 77
echo 1 >/proc/sys/net/ipv4/conf/lab1/accept_local
for device in all lab1; do echo 0 >"/proc/sys/net/ipv4/conf/$device/rp_filter"; done
ip -6 neighbor add 2001:db8:7::2 lladdr 02:00:00:00:00:77 dev lab0 nud permanent
ip route add 10.78.0.0/16 via 10.77.0.2 mtu 1300
ip route add 224.0.0.0/4 dev lab0
ip route add unreachable 198.51.100.0/24
ip route add prohibit 198.51.101.0/24
ip route add blackhole 198.51.102.0/24
ip -6 route add unreachable 2001:db8:1::/48
ip -6 route add prohibit 2001:db8:2::/48
ip -6 route add blackhole 2001:db8:3::/48
nft add table ip probe
nft add chain ip probe out '{ type filter hook output priority 0; }'
nft add rule ip probe out ip daddr 127.0.0.9 drop
# That a neighbour does not answer the kernel tells three seconds later: to no test, or it would be another one.
nft add rule ip probe out ip daddr 10.77.0.1 icmp type destination-unreachable drop
nft add table inet refuse
nft add chain inet refuse out '{ type filter hook output priority 0; }'
nft add rule inet refuse out tcp dport 7777 reject with icmpx type admin-prohibited
exec "$@"
