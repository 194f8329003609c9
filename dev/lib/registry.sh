# Does an image registry answer? Asked once, because a machine without one may take long to say no.
# The answer is remembered for dev/setup and dev/env.

REGISTRY_ANSWER_FILE="$STATE_DIR/registry"

registry_answers() {
  remember_registry_answer
  grep -qsx yes "$REGISTRY_ANSWER_FILE"
}

remember_registry_answer() {
  # "no" is asked again the next day: the machine may only have been offline.
  if [ -n "$(find "$REGISTRY_ANSWER_FILE" -mmin -1440 2>/dev/null)" ] || grep -qsx yes "$REGISTRY_ANSWER_FILE"; then
    return
  fi
  # An engine that does not run knows nothing about registries.
  if ! docker info >/dev/null 2>&1; then return; fi
  mkdir -p "$STATE_DIR"
  # The engine is the one that pulls, perhaps through a mirror, so the engine is asked; the image has 10 kB.
  if bounded 8 docker pull --quiet hello-world >/dev/null 2>&1; then
    echo yes >"$REGISTRY_ANSWER_FILE"
  else
    echo no >"$REGISTRY_ANSWER_FILE"
    say "no image registry answers" >&2
  fi
}
