# shellcheck shell=bash
# What the demonstrations and scripts/soak share; sourced behind lib.sh, never run. The sourcing
# script sets $namespace, where commands are typed, and $work, a directory of its own.

failed=() steps=0

heading() { printf '\n== %s\n' "$*"; }

# typed COMMAND...: shows the command and runs it inside the namespace; output also in $work/out.
typed() {
  printf '[%s] # %s\n' "$namespace" "$*"
  ip netns exec "$namespace" "$@" 2>&1 | tee "$work/out"
}

# step NAME FUNCTION: runs the function; what fails is remembered and the next step follows.
step() {
  heading "$1"
  steps=$((steps + 1))
  if ! "$2"; then
    failed+=("$1")
    printf '!! failed: %s\n' "$1"
  fi
}

# expect TEXT: whether the last output holds it.
expect() {
  grep -qF -- "$1" "$work/out" || {
    printf '!! expected: %s\n' "$1"
    return 1
  }
}

# result: what came of the steps; ends with status 1 unless all succeeded.
result() {
  heading "result"
  if [[ ${#failed[@]} -gt 0 ]]; then
    printf '%s of %s steps failed:\n' "${#failed[@]}" "$steps"
    printf '  %s\n' "${failed[@]}"
    exit 1
  fi
  printf 'all %s steps succeeded\n' "$steps"
}

# start_tapstack ARGUMENTS...: in the background; sets tapstack_pid and ready (the line it prints).
start_tapstack() { start_program "$root/scripts/tapstack" "$@"; }

# start_program COMMAND...: the same by another command that starts the program.
start_program() {
  mkfifo "$work/ready"
  "$@" --ready-fd 3 3>"$work/ready" >"$work/tapstack.out" 2>&1 &
  # shellcheck disable=SC2034 # for the sourcing script
  tapstack_pid=$!
  if ! IFS= read -r -t 60 ready <"$work/ready"; then
    cat "$work/tapstack.out" >&2
    die "the stack did not start: see above"
  fi
}

# stop_tapstack: ends it, at once if it does not end in an orderly way.
stop_tapstack() {
  [[ -n ${tapstack_pid:-} ]] || return 0
  for _ in 1 2; do kill -TERM "$tapstack_pid" 2>/dev/null && sleep 0.5; done
  wait "$tapstack_pid" 2>/dev/null || true
}
