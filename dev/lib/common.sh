# Shared by the scripts in dev/. Sourced, never run; the working directory is the repository's root.

# Where scripts keep what can be made again. Ignored by git, removed by "mvn clean".
STATE_DIR=target/dev

say() { printf 'setup: %s\n' "$*"; }

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root_on_debian() {
  [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && have apt-get
}

# Runs a command for at most so many seconds; without coreutils' timeout (macOS) the command sets its own pace.
bounded() {
  local seconds="$1"
  shift
  if have timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

# Runs a command quietly: its output goes to a log that is only shown if it fails.
logged() {
  local log="$STATE_DIR/$1.log"
  shift
  mkdir -p "$STATE_DIR"
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 40 "$log" >&2
    fail "failed: $*" "the whole log is in $log"
  fi
}

# Two set-ups at once would build every image twice and fight over the package manager.
one_at_a_time() {
  if have flock; then
    mkdir -p "$STATE_DIR"
    exec 9>"$STATE_DIR/setup.lock"
    if ! flock --nonblock 9; then
      say "waiting for another dev/setup to finish"
      flock 9
    fi
  fi
}

# The digest of a directory's file names and contents, to notice that something built from it is out of date.
digest_of() {
  local sum="sha256sum"
  have sha256sum || sum="shasum -a 256"
  (cd "$1" && find . -type f | LC_ALL=C sort | while read -r file; do
    echo "$file"
    cat "$file"
  done) | $sum | cut -c1-16
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  # An interrupted installation would make every later one fail.
  logged apt-repair dpkg --configure -a
  logged apt-update apt-get update
  logged apt-install apt-get install -y --no-install-recommends "$@"
}

apt_candidate() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}//p'
}

# For a program that Debian 12 has too old, and that testing has in one package without needs of its own.
install_from_testing() {
  local package="$1" dir apt
  dir="$PWD/$STATE_DIR/$package"
  rm -rf "$dir"
  # The package lists of testing stay out of the system's own.
  apt=(-o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$dir/lists" -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root)
  mkdir -p "$dir/lists/partial"
  echo "deb $(debian_mirror) $DEBIAN_TESTING main" >"$dir/sources.list"
  logged "$package-lists" apt-get "${apt[@]}" update
  (cd "$dir" && apt-get "${apt[@]}" -qq download "$package")
  logged "$package-install" dpkg -i "$dir/${package}"_*.deb
  rm -rf "$dir"
}
