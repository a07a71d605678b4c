# shellcheck shell=bash
# What the scripts share; sourced, never run. The sourcing script has set -euo pipefail.
#
# Names: what scripts and tests make carries the pid of the process that owns it, so that
# scripts/clean can tell what a killed run left behind:
#   network namespaces   tapstack-WHAT-PID
#   TAPs and veth ends   tsWHAT-PID   (WHAT at most 4 letters or digits; 15 characters in all)

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
jar="$root/stack-apps/target/tapstack.jar"

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# Ends with status 2, as a wrong command line does.
usage_error() {
  say "$(basename "$0"): $* (see --help)"
  exit 2
}

# as_root COMMAND...: runs it as root, through sudo where needed.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "root is needed for '$1': run as root, or install sudo"
  fi
}

# become_root ARGUMENTS...: starts the calling script again as root unless it is.
become_root() {
  [[ $EUID -eq 0 ]] && return
  command -v sudo >/dev/null || die "root is needed: run as root, or install sudo"
  exec sudo --preserve-env=DOCKER_HOST,JAVA_HOME,MAVEN_OPTS,TAPSTACK_JAVA_OPTS,TERM "$0" "$@"
}

seconds_since() { # START, of $EPOCHREALTIME
  local now=${EPOCHREALTIME/[.,]/} start=${1/[.,]/}
  local tenths=$(((now - start) / 100000))
  printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

# phase NAME COMMAND...: runs the command and prints how long it took.
phase() {
  local name=$1 start=$EPOCHREALTIME
  shift
  "$@"
  printf '== %s: %s\n' "$name" "$(seconds_since "$start")"
}

# need_packages PACKAGE...: installs those that are missing, after saying so.
need_packages() {
  local package missing=()
  for package in "$@"; do
    # shellcheck disable=SC2016 # the variable is dpkg's own
    [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == *" installed" ]] ||
      missing+=("$package")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  say "installing by apt-get: ${missing[*]}"
  local log install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y
    --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}")
  log="$(mktemp)"
  # The first try fails where the package lists are missing or old.
  if ! as_root "${install[@]}" >"$log" 2>&1 &&
    ! { as_root apt-get update && as_root "${install[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "apt-get could not install: ${missing[*]}"
  fi
  rm -f "$log"
}

# jdk_major HOME: the feature version of a JDK; empty when it is none.
jdk_major() {
  [[ -x $1/bin/javac && -r $1/release ]] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

newest_jdk() {
  local home major best="" best_major=20 candidates=(/usr/lib/jvm/*)
  if command -v java >/dev/null; then
    candidates+=("$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")")
  fi
  for home in "${candidates[@]}"; do
    major="$(jdk_major "$home")"
    if [[ -n $major && $major -gt $best_major ]]; then
      best="$home" best_major="$major"
    fi
  done
  printf '%s' "$best"
}

# use_jdk: exports JAVA_HOME: the one that is set if it is a JDK of 21 or newer, else the newest on
# the machine, else one installed by apt.
use_jdk() {
  local major package
  major="$(jdk_major "${JAVA_HOME:-}")"
  if [[ ${major:-0} -lt 21 ]]; then
    JAVA_HOME="$(newest_jdk)"
    if [[ -z $JAVA_HOME ]]; then
      package="$(available_jdk_package)"
      [[ -n $package ]] || { as_root apt-get -qq update && package="$(available_jdk_package)"; }
      [[ -n $package ]] || die "no JDK of 21 or newer on this machine nor in apt's sources:" \
        "install one (https://adoptium.net) and export JAVA_HOME"
      need_packages "$package"
      JAVA_HOME="$(newest_jdk)"
      [[ -n $JAVA_HOME ]] || die "$package is installed, but there is no JDK under /usr/lib/jvm"
    fi
  fi
  export JAVA_HOME
}

available_jdk_package() {
  local package
  for package in openjdk-25-jdk-headless temurin-25-jdk openjdk-21-jdk-headless temurin-21-jdk; do
    if [[ $(apt-cache policy "$package" 2>/dev/null) =~ Candidate:\ [0-9] ]]; then
      printf '%s' "$package"
      return
    fi
  done
}

# need_build_tools: a JDK and Maven.
need_build_tools() {
  use_jdk
  command -v mvn >/dev/null || need_packages maven
}

# maven ARGUMENTS...: in the project's root, without download progress.
maven() {
  local quiet=""
  # Maven 3.8's own libraries use what newer JDKs warn of.
  [[ $(jdk_major "$JAVA_HOME") -lt 23 ]] || quiet="--sun-misc-unsafe-memory-access=allow"
  (cd "$root" && MAVEN_OPTS="${MAVEN_OPTS:-} $quiet" mvn -B -ntp "$@")
}

jar_is_stale() {
  [[ ! -e $jar ]] ||
    [[ -n $(find "$root"/pom.xml "$root"/stack-*/pom.xml "$root"/stack-*/src/main \
      -newer "$jar" -print -quit) ]]
}

# need_jar: builds the packed program unless it is there and newer than its sources.
need_jar() {
  local lock output
  jar_is_stale || return 0
  need_build_tools
  # One build at a time, whoever starts the program.
  exec {lock}<"$root/pom.xml"
  flock "$lock"
  if jar_is_stale; then
    say "building ${jar#"$root"/} (once, and after changes)"
    output="$(maven -q -pl stack-apps -am package -DskipTests -Dspotless.check.skip 2>&1)" ||
      die "$output"$'\n'"the build failed: see above, or run scripts/verify --fast"
    touch "$jar"
  fi
  exec {lock}<&-
}
