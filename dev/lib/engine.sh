# The container engine and Compose: found, else started, else (as root on Debian) installed.

DOCKERD_LOG="${TMPDIR:-/tmp}/bookvotes-dockerd.log"

engine_answers() { bounded 20 docker info >/dev/null 2>&1; }

ensure_engine() {
  if engine_answers; then return; fi
  is_root_on_debian || fail "no container engine answers to 'docker info'." \
    "Start it (Docker Desktop, or: sudo systemctl start docker) and let this user reach it" \
    "(sudo usermod -aG docker \"\$USER\", then log in again), or install Docker Engine with the Compose plugin:" \
    "https://docs.docker.com/engine/install/"
  # A docker client may well be there without the engine.
  if ! have docker || ! have dockerd || ! have iptables; then
    say "installing the container engine"
    apt_install docker.io iptables ca-certificates
  fi
  start_engine
}

start_engine() {
  say "starting the container engine"
  if [ -d /run/systemd/system ]; then
    logged engine-start systemctl start docker
  else
    start_dockerd_without_init
  fi
  for _ in $(seq 600); do
    if engine_answers; then return; fi
    sleep 0.1
  done
  tail -n 20 "$DOCKERD_LOG" >&2 || true
  fail "the container engine did not start within a minute; its log is $DOCKERD_LOG"
}

# Containers and CI machines have no init system. The engine gets a session of its own, so that it outlives this shell.
start_dockerd_without_init() {
  # After a reboot these may name a process that is not the engine, and the engine would refuse to start.
  remove_stale_pid_file /var/run/docker.pid dockerd
  remove_stale_pid_file /var/run/docker/containerd/containerd.pid containerd
  setsid nohup dockerd >"$DOCKERD_LOG" 2>&1 </dev/null 9>&- &
}

remove_stale_pid_file() {
  local file="$1" program="$2"
  if [ -s "$file" ] && [ "$(cat "/proc/$(cat "$file")/comm" 2>/dev/null)" != "$program" ]; then
    rm -f "$file"
  fi
}

compose_is_v2() { [[ "$(docker compose version --short 2>/dev/null)" =~ ^v?[2-9] ]]; }

ensure_compose() {
  if compose_is_v2; then return; fi
  is_root_on_debian || fail "'docker compose' is missing or older than version 2." \
    "Install the Compose plugin: https://docs.docker.com/compose/install/"
  say "installing Compose"
  local package
  for package in docker-compose-plugin docker-compose-v2 docker-compose; do
    if [[ "$(apt_candidate "$package")" =~ ^[2-9] ]]; then
      apt_install "$package"
      break
    fi
  done
  # Debian 12 itself has version 1; testing's package is one static program and installs there as well.
  compose_is_v2 || install_from_testing docker-compose
  compose_is_v2 || fail "'docker compose' still does not work after the installation."
}
