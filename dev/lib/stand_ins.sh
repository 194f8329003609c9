# Stand-ins for upstream images, for machines that reach Debian's packages and Maven Central but no image registry.
# A stand-in has the upstream image's name and tag, so nothing else needs to know; its title label tells the truth.

DEBIAN_TESTING=forky
STAND_IN_BASE="bookvotes-stand-in-base:$DEBIAN_TESTING"

debian_mirror() {
  local codename
  codename="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")"
  # The line is read to its end: apt-get would complain about a closed pipe.
  apt-get indextargets --format '$(REPO_URI)' "CODENAME: $codename" | awk 'NR == 1'
}

# The directory that a stand-in is built from; nothing if the image has none.
stand_in_directory() {
  case "$1" in
    eclipse-temurin:25-jre) echo dev/images/temurin ;;
    postgres:18) echo dev/images/postgres ;;
    apache/kafka:4.3.1) echo dev/images/kafka ;;
    prom/prometheus:v3.5.0) echo dev/images/prometheus ;;
  esac
}

is_stand_in() { [[ "$(image_label "$1" org.opencontainers.image.title)" == "Stand-in for $1"* ]]; }

# What a stand-in depends on: its own files and those of the image below it.
stand_in_inputs() {
  local inputs
  inputs="$(digest_of dev/images/base)-$(digest_of "$(stand_in_directory "$1")")"
  if [ "$1" = apache/kafka:4.3.1 ]; then inputs="$inputs-$(image_id eclipse-temurin:25-jre)"; fi
  echo "$inputs"
}

build_stand_in() {
  local image="$1"
  is_root_on_debian || fail "cannot pull $image, and a stand-in can only be built as root on Debian." \
    "Try: docker pull $image"
  say "building a stand-in for $image"
  case "$image" in
    apache/kafka:*) build_kafka_stand_in "$image" ;;
    *)
      ensure_stand_in_base
      build_labelled "$image" "$(stand_in_directory "$image")"
      ;;
  esac
}

build_labelled() {
  local image="$1" context="$2"
  # Debian's engine may come without BuildKit's client; these Dockerfiles need none of it.
  DOCKER_BUILDKIT=0 logged "build-${image//[\/:]/-}" docker build \
    --build-arg "BASE=$STAND_IN_BASE" \
    --label "org.opencontainers.image.title=Stand-in for $image, for development only" \
    --label "$INPUTS_LABEL=$(stand_in_inputs "$image")" \
    --tag "$image" "$context"
}

# The jars come to the image through Maven on the host: the build itself needs neither Maven nor its repository.
build_kafka_stand_in() {
  local image="$1" context="$STATE_DIR/kafka-image" maven=./mvnw
  [ -x "$maven" ] || maven=mvn
  rm -rf "$context"
  mkdir -p "$context"
  cp -R dev/images/kafka/. "$context"
  logged kafka-jars "$maven" -B -f "$context/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    "-DoutputDirectory=$PWD/$context/lib"
  build_labelled "$image" "$context"
  rm -rf "$context"
}

ensure_stand_in_base() {
  local inputs
  inputs="$(digest_of dev/images/base)"
  if [ "$(image_label "$STAND_IN_BASE" "$INPUTS_LABEL")" = "$inputs" ]; then return; fi
  if ! have debootstrap; then apt_install debootstrap; fi
  local root
  root="$(mktemp -d)"
  # Debian 12's debootstrap does not know testing's name, but all newer suites share the script of sid.
  logged base-image debootstrap --variant=minbase --include=ca-certificates \
    "$DEBIAN_TESTING" "$root" "$(debian_mirror)" /usr/share/debootstrap/scripts/sid
  # The directories stay: some packages fail to install without them.
  find "$root"/usr/share/{doc,info,locale,man} "$root"/var/cache/apt "$root"/var/lib/apt/lists -type f -delete
  cp -R dev/images/base/. "$root"
  tar -C "$root" -c . | docker import --change "LABEL $INPUTS_LABEL=$inputs" - "$STAND_IN_BASE" >/dev/null
  rm -rf "$root"
}
