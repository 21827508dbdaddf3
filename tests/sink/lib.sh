# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by the tests of sinks: namespaces of their own, real receivers on loopback, and what has arrived there.
#
#   spool --- node (sinks) --- residd --sink FILE ---- lo ---- rsyslog, syslog-ng, systemd-journal-remote
#   '------------------ one network, mount and pid namespace; it dies with the script ---------------'

top=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
cd "$top" || exit 1
. tests/vm/cache.sh
receivers=$(cache_dir)/receivers

if ((EUID)); then
	echo "1..0 # SKIP not root: no network namespace of its own"
	exit 0
fi
if [[ ! -e $receivers/.rsyslog ]]; then
	echo "1..0 # SKIP the receivers are not there: sudo packaging/deps receivers"
	exit 0
fi
if [[ -z ${RESID_SINK_NS:-} ]]; then
	RESID_SINK_NS=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi

ip link set lo up
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
mkdir -p "$dir"/{conf/sinks.d,state,run,siem}
chmod 777 "$dir/siem"
export RESID_CONF_DIR=$dir/conf RESID_STATE_DIR=$dir/state RESID_RUN_DIR=$dir/run
number=0

# ok NAME COMMAND...
ok()
{
	local name=$1

	shift
	if "$@" >"$dir/ok.log" 2>&1; then
		echo "ok $((++number)) - $name"
		head -n 1 "$dir/ok.log" | sed 's/^/# /'
	else
		echo "not ok $((++number)) - $name"
		sed 's/^/# /' "$dir/ok.log"
	fi
}

# within SECONDS COMMAND...: until it succeeds
within()
{
	local left=$(($1 * 5))

	shift
	until "$@" >/dev/null 2>&1; do
		((left-- > 0)) || return 1
		sleep 0.2
	done
}

# listens PORT
listens()
{
	ss -Hltn "sport = :$1" | grep -q .
}

# with PATH ARGUMENT...: becomes a program of the unpacked packages, with their libraries; in a process of its own
with()
{
	local program=$receivers/$1

	shift
	SYSLOGNG_PREFIX=$receivers/usr LD_LIBRARY_PATH=$receivers/usr/lib/syslog-ng:$receivers/usr/lib/x86_64-linux-gnu \
		exec "$program" "$@"
}

# sink NAME: standard input is its configuration
sink()
{
	cat >"$dir/conf/sinks.d/$1.conf"
}

# certificates: a CA, the receiver's (siem.test), ours (node.test), and one that a stranger made
certificates()
{
	local name

	cd "$dir" || return
	for name in ca stranger; do
		openssl req -x509 -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.pem" -days 2 -subj "/CN=$name"
	done
	for name in siem node; do
		openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name.test"
		openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -out "$name.pem" -days 2 \
			-extfile <(echo "subjectAltName=DNS:$name.test")
	done
	chmod 644 siem.key
	cd "$top" || return
}

# rsyslog: TLS with mutual authentication on 6514, UDP on 5514
rsyslog_start()
{
	cat >"$dir/rsyslog.conf" <<-CONF
		global(workDirectory="$dir" maxMessageSize="8k" defaultNetstreamDriver="ossl"
			defaultNetstreamDriverCAFile="$dir/ca.pem" defaultNetstreamDriverCertFile="$dir/siem.pem"
			defaultNetstreamDriverKeyFile="$dir/siem.key")
		module(load="imudp")
		module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/name"
			PermittedPeer=["node.test"])
		template(name="raw" type="string" string="%rawmsg%\n")
		ruleset(name="tls") { action(type="omfile" file="$dir/siem/rsyslog.log" template="raw") }
		ruleset(name="udp") { action(type="omfile" file="$dir/siem/udp.log" template="raw") }
		input(type="imtcp" port="6514" ruleset="tls")
		input(type="imudp" address="127.0.0.1" port="5514" ruleset="udp")
	CONF
	with usr/sbin/rsyslogd -n -f "$dir/rsyslog.conf" -i "$dir/rsyslog.pid" \
		-M "$receivers/usr/lib/x86_64-linux-gnu/rsyslog" >"$dir/rsyslog.out" 2>&1 &
	rsyslog=$!
	within 30 listens 6514
}

# syslog-ng: RFC 5424 with octet counting on 6601
syslog_ng_start()
{
	cat >"$dir/syslog-ng.conf" <<-CONF
		@version: 3.38
		options { stats-freq(0); };
		source s { syslog(ip(127.0.0.1) port(6601) transport("tcp") log-iw-size(10000)); };
		destination d { file("$dir/siem/syslog-ng.log" template("\${SDATA} \${MSG}\n")); };
		log { source(s); destination(d); flags(flow-control); };
	CONF
	with usr/sbin/syslog-ng -F -f "$dir/syslog-ng.conf" -R "$dir/syslog-ng.persist" -p "$dir/syslog-ng.pid" \
		-c "$dir/syslog-ng.ctl" --no-caps >"$dir/syslog-ng.out" 2>&1 &
	syslog_ng=$!
	within 30 listens 6601
}

# systemd-journal-remote: HTTP on 19532
journal_remote_start()
{
	with lib/systemd/systemd-journal-remote --listen-http=127.0.0.1:19532 --output="$dir/siem/remote.journal" \
		--split-mode=none >"$dir/remote.out" 2>&1 &
	journal_remote=$!
	within 30 listens 19532
}

# node TOTAL [hold]: in the background; its lines in node.out
node_start()
{
	build/tests/sink/node "$PWD/build/residd" "$@" >"$dir/node.out" 2>>"$dir/node.err" &
	node=$!
}

# lag NAME, delivered NAME, failures NAME, parked NAME: of its last line
lag() { tac "$dir/node.out" | awk -v n="$1" '$1 == n { print $3; exit }'; }
delivered() { tac "$dir/node.out" | awk -v n="$1" '$1 == n { print $4; exit }'; }
failures() { tac "$dir/node.out" | awk -v n="$1" '$1 == n { print $5; exit }'; }
parked() { tac "$dir/node.out" | awk -v n="$1" '$1 == n { print $6; exit }'; }
# error NAME
error() { tac "$dir/node.out" | awk -v n="$1" '$1 == n { $1 = $2 = $3 = $4 = $5 = $6 = ""; print; exit }'; }

# is TEST...
is() { [[ $1 == "$2" ]] || { echo "$1 is not $2"; return 1; }; }

# arrived FILE TOTAL: it has records 1 to TOTAL, in their order the first time that each came, and the same every time
arrived()
{
	python3 tests/sink/arrived.py "$1" "$2"
}
