# shellcheck shell=bash
# The host: one client against TapStack's own servers and against the kernel's. Sourced by
# scripts/bench, whose functions it uses.

host_rows=(in out requests one close files echo connect udp ping)
# shellcheck disable=SC2034 # for scripts/bench
host_contenders=(TapStack kernel)

host_packages() { need_packages iproute2 iputils-ping wget wrk procps; }

host_start() {
  local client="tapstack-bench-$$" server="tapstack-benchsrv-$$"
  make_namespace "$client" "$server"
  connect_veth "$client" veth0 10.99.2.2/24 "$server" veth0 10.99.2.1/24
  start_nginx "$server"
  in_background "$server" bulk "$java" "$root/scripts/bench.d/Bulk.java" serve 9 19
  in_background "$server" small "$java" "$root/scripts/bench.d/Small.java" serve 7
  start_tapstack serve --tap "tap0@$client" --address 10.99.1.1/24 \
    --host-address 10.99.1.2/24 --http "80=$work/www" --discard 9 --chargen 19 --echo 7
  contender TapStack "$client" 10.99.1.1
  contender kernel "$client" 10.99.2.1
  wait_for nginx in_namespace "$client" wget -q -O /dev/null http://10.99.2.1/128
  wait_for "the bulk server" grep -q ready "$work/bulk"
  wait_for "the small server" grep -q ready "$work/small"
}

host_measure() { # ROW CONTENDER SECONDS
  local row=$1 from=${client_of[$2]} to=${address_of[$2]} small=128
  [[ $2 != TapStack ]] || small=bytes/128
  case "$row" in
    in) in_namespace "$from" "$java" "$root/scripts/bench.d/Bulk.java" send "$to" 9 "$3" ;;
    out) in_namespace "$from" "$java" "$root/scripts/bench.d/Bulk.java" receive "$to" 19 "$3" ;;
    requests) requests "$from" -c64 -d"${3}s" "http://$to/$small" ;;
    one) requests "$from" -c1 -d"${3}s" "http://$to/$small" ;;
    close) requests "$from" -c64 -d"${3}s" -H 'Connection: close' "http://$to/$small" ;;
    files) requests "$from" -c4 -d"${3}s" "http://$to/10MB" | awk '{ printf "%.0f\n", $1 * 80 }' ;;
    echo | connect | udp) small_exchange "$from" "$row" "$to" "$3" ;;
    ping) flood_ping "$from" "$to" "$3" ;;
  esac
}
