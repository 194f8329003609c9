# The images that tests and docker-compose.yml use: present, else pulled, else replaced by a stand-in.

# Tells what an image was built from, so that a change of it is noticed.
INPUTS_LABEL=bookvotes.inputs

image_id() { docker image inspect --format '{{.Id}}' "$1" 2>/dev/null || true; }

image_label() {
  docker image inspect --format "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true
}

ensure_image() {
  local image="$1"
  if is_current "$image"; then return; fi
  if registry_answers; then
    say "pulling $image"
    if docker pull "$image"; then return; fi
  fi
  build_stand_in "$image"
}

# The real image is taken as it is. A stand-in is current until its files change or a registry can be reached.
is_current() {
  local image="$1"
  if [ -z "$(image_id "$image")" ]; then return 1; fi
  if ! is_stand_in "$image"; then return 0; fi
  [ "$(image_label "$image" "$INPUTS_LABEL")" = "$(stand_in_inputs "$image")" ] && ! registry_answers
}

ensure_postgres_with_pg_background() {
  local inputs
  inputs="$(digest_of deploy/docker/postgres)-$(image_id postgres:18)"
  if [ "$(image_label bookvotes-postgres:18 "$INPUTS_LABEL")" = "$inputs" ]; then return; fi
  say "building bookvotes-postgres:18"
  logged build-bookvotes-postgres docker build --label "$INPUTS_LABEL=$inputs" --tag bookvotes-postgres:18 \
    deploy/docker/postgres
}
