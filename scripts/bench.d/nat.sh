# shellcheck shell=bash
# The gateway: a client's way to one server through TapStack, through the kernel's MASQUERADE,
# through slirp4netns, and through a program that only copies frames. Sourced by scripts/bench,
# whose functions it uses.
#
# Each contender has a client namespace of its own; its other side ends in the one server namespace.
# slirp4netns, which makes sockets of its host, has a namespace of its own as that host.

nat_rows=(up down requests connect udp echo ping)
# shellcheck disable=SC2034 # for scripts/bench
nat_contenders=(TapStack kernel slirp4netns copier)

nat_packages() {
  need_packages iproute2 iputils-ping wget wrk procps iperf3 iptables slirp4netns
  command -v cc >/dev/null || need_packages gcc libc6-dev
}

nat_start() {
  local server="tapstack-server-$$"
  make_namespace "$server"
  start_nginx "$server"
  in_background "$server" iperf3 iperf3 -s --forceflush
  in_background "$server" small "$java" "$root/scripts/bench.d/Small.java" serve 7
  nat_start_tapstack
  nat_start_kernel
  nat_start_slirp
  nat_start_copier
  local name
  for name in "${nat_contenders[@]}"; do
    wait_for "the way through $name" \
      in_namespace "${client_of[$name]}" wget -q -T 2 -t 1 -O /dev/null "http://${address_of[$name]}/128"
  done
  wait_for "the small server" grep -q ready "$work/small"
  wait_for iperf3 grep -q listening "$work/iperf3"
}

nat_start_tapstack() {
  local client="tapstack-clients-$$"
  make_namespace "$client"
  start_tapstack gateway --inside "tap0@$client=10.99.1.1/24" --inside-host 10.99.1.2/24 \
    --outside "stack0@$server=10.99.2.1/24" --outside-host 10.99.2.2/24
  contender TapStack "$client" 10.99.2.2
}

nat_start_kernel() {
  local client="tapstack-clientk-$$" gateway="tapstack-gatewayk-$$"
  make_namespace "$client" "$gateway"
  connect_veth "$client" veth0 10.99.3.2/24 "$gateway" inside 10.99.3.1/24
  connect_veth "$server" kernel0 10.99.4.2/24 "$gateway" outside 10.99.4.1/24
  ip -n "$client" route add default via 10.99.3.1
  in_namespace "$gateway" sysctl -qw net.ipv4.ip_forward=1
  in_namespace "$gateway" iptables -t nat -A POSTROUTING -o outside -j MASQUERADE
  contender kernel "$client" 10.99.4.2
}

nat_start_slirp() {
  local client="tapstack-clientl-$$" gateway="tapstack-gatewayl-$$"
  make_namespace "$client" "$gateway"
  connect_veth "$server" slirp0 10.99.6.2/24 "$gateway" outside 10.99.6.1/24
  # It pings by sockets that the host must grant.
  in_namespace "$gateway" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
  in_background "$gateway" slirp slirp4netns --configure --mtu=1500 --disable-dns \
    --netns-type=path "/run/netns/$client" tap0
  contender slirp4netns "$client" 10.99.6.2
}

nat_start_copier() {
  local client="tapstack-clientc-$$" name where
  make_namespace "$client"
  cc -O2 -o "$work/copy" "$root/scripts/bench.d/copy.c"
  "$work/copy" "$client" tap0 "$server" copy0 >"$work/copier" &
  pids+=($!)
  wait_for "the copier" grep -q ready "$work/copier"
  # As TapStack sets up its own.
  for where in "$client tap0 10.99.7.2/24" "$server copy0 10.99.7.1/24"; do
    read -r namespace name address <<<"$where"
    in_namespace "$namespace" sh -c "echo 1 >/sys/class/net/$name/threaded"
    ip -n "$namespace" link set "$name" txqueuelen 5000
    ip -n "$namespace" address add "$address" dev "$name"
    ip -n "$namespace" link set "$name" up
  done
  contender copier "$client" 10.99.7.1
}

nat_measure() { # ROW CONTENDER SECONDS
  local row=$1 from=${client_of[$2]} to=${address_of[$2]}
  case "$row" in
    up) bulk_through "$from" -c "$to" -t "$3" ;;
    down) bulk_through "$from" -c "$to" -t "$3" -R ;;
    requests) requests "$from" -c64 -d"${3}s" "http://$to/128" ;;
    connect | udp | echo) small_exchange "$from" "$row" "$to" "$3" ;;
    ping) flood_ping "$from" "$to" "$3" ;;
  esac
}

# bulk_through NAMESPACE IPERF3-ARGUMENTS...: prints Mbit/s as received, without the first second.
bulk_through() {
  in_namespace "$1" iperf3 "${@:2}" -O 1 -f m >"$work/bulk"
  awk '/receiver/ { print $(NF - 2) }' "$work/bulk"
}
