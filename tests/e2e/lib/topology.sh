# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh and its parts share their variables
# Sourced by lib.sh: makes the topology that it draws.

declare -A place=()

# Fills place[FR4], place[US6], … from the GeoIP files; PRIVATE and NAT64 forms are ours.
places()
{
	local line

	while IFS= read -r line; do
		place[${line%%=*}]=${line#*=}
	done <"$top/build/tests/e2e-policy/places"
	place[PRIVATE4]=10.99.0.7
	place[PRIVATE6]=fd99::7
	((${#place[@]} == 18)) || bail "the GeoIP files lack a place: ${!place[*]}"
}

cg_root=/sys/fs/cgroup
cg=$cg_root/e2e

cgroups_remove()
{
	[[ -d $cg ]] || return 0
	find "$cg" -depth -type d -exec rmdir {} + 2>/dev/null || true
}

# sysctl_set NAMESPACE KEY=VALUE...; NAMESPACE node is ours.
sysctl_set()
{
	local where=$1 setting script=''

	shift
	for setting; do
		script+="echo ${setting#*=} >/proc/sys/${setting%%=*};"
	done
	if [[ $where == node ]]; then
		eval "$script"
	else
		"$tools/in" -n "/run/netns/$where" sh -ec "$script"
	fi
}

# ip_all [NAMESPACE]: the commands of `ip` on standard input, by one process.
ip_all()
{
	local inside=()

	[[ -z ${1:-} ]] || inside=("$tools/in" -n "/run/netns/$1")
	"${inside[@]}" ip -batch -
}

namespace()
{
	ip netns add "$1"
	sysctl_set "$1" net/ipv6/conf/default/accept_dad=0 net/ipv6/conf/all/accept_dad=0
	"$tools/in" -n "/run/netns/$1" ip link set lo up
}

# topology: node, peer and its echo service. `tenant` adds the tenant.
topology()
{
	local name addresses=''

	places
	for name in "${!place[@]}"; do
		case $name in
		FRc*) ;;	# the tenant's own
		*4) addresses+="addr add ${place[$name]}/32 dev lo"$'\n' ;;
		*6) addresses+="addr add ${place[$name]}/128 dev lo nodad"$'\n' ;;
		esac
	done
	ip netns add peer
	# Ping sockets and raw echo both work for root; the limits on answers would lose some.
	sysctl_set node net/ipv6/conf/default/accept_dad=0 net/ipv4/ip_forward=1 net/ipv6/conf/all/forwarding=1 \
		net/ipv4/icmp_ratelimit=0 net/ipv6/icmp/ratelimit=0 net/ipv4/icmp_msgs_per_sec=100000
	sysctl_set peer net/ipv6/conf/default/accept_dad=0 net/ipv6/conf/all/accept_dad=0 \
		net/ipv4/icmp_ratelimit=0 net/ipv6/icmp/ratelimit=0 net/ipv4/icmp_msgs_per_sec=100000
	ip_all <<-IP
		link add uplink type veth peer name up0 netns peer
		link set uplink address 02:00:00:00:77:01
		addr add 10.77.0.1/24 dev uplink
		addr add fd77::1/64 dev uplink nodad
		link set uplink up
		route add default via 10.77.0.2
		route add ::/0 via fd77::2
	IP
	ip_all peer <<-IP
		link set lo up
		link set up0 address 02:00:00:00:77:02
		addr add 10.77.0.2/24 dev up0
		addr add fd77::2/64 dev up0 nodad
		link set up0 up
		route add default via 10.77.0.1
		route add ::/0 via fd77::1
		$addresses
	IP
	mkdir -p "$cg"/{health,public,internal,vital,peer}
	background "$work/peerd.out" "$tools/in" -g "$cg/peer" -n /run/netns/peer "$tools/peerd" "$echo_port"
	wait_until 10 ping_link || bail "the peer does not answer: $(ip addr)"
}

ping_link() { [[ $("$tools/try" -t 500 icmp 10.77.0.2 0 link) == *saw=echoed* ]]; }

tenant()
{
	namespace tenant
	ip_all <<-IP
		link add ten0 type veth peer name eth0 netns tenant
		addr add 169.254.78.1/32 dev ten0
		link set ten0 address 02:00:00:00:78:01 up
		addr add fe80::78/64 dev ten0 nodad
		route add ${place[FRc4]}/32 dev ten0
		route add ${place[FRc6]}/128 dev ten0
	IP
	ip_all tenant <<-IP
		addr add ${place[FRc4]}/32 dev eth0
		addr add ${place[FRc6]}/128 dev eth0 nodad
		link set eth0 up
		route add 169.254.78.1 dev eth0 scope link
		route add default via 169.254.78.1
		route add ::/0 via fe80::78 dev eth0
	IP
}
