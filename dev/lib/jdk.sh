# Checks for the JDKs. Maven itself runs on 17 or later; the processor is compiled by 25, which Maven's toolchains
# plugin finds in the same places as this script.

# Prints the feature release ("25") of the JDK at a directory; nothing if there is none.
jdk_release() {
  if [ -x "$1/bin/javac" ] && [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
  fi
}

known_jdks() {
  printf '%s\n' "${JAVA_HOME:-}" /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*
  if [ -x /usr/libexec/java_home ]; then
    /usr/libexec/java_home -v 25 2>/dev/null || true
  fi
}

has_jdk_25() { [ -n "$(java_25)" ]; }

# Prints the "java" command of a JDK 25; nothing if there is none.
java_25() {
  local home
  while read -r home; do
    if [ "$(jdk_release "$home")" = 25 ]; then
      echo "$home/bin/java"
      return
    fi
  done <<<"$(known_jdks)"
  # Last, because it starts a JVM.
  if have javac && [[ "$(javac -version 2>&1)" == "javac 25"* ]]; then echo java; fi
}

# The Java that "mvn" would use.
maven_java_release() {
  local java=java release
  if [ -n "${JAVA_HOME:-}" ]; then
    release="$(jdk_release "$JAVA_HOME")"
    if [ -n "$release" ]; then
      echo "$release"
      return
    fi
    java="$JAVA_HOME/bin/java"
  fi
  { "$java" -version 2>&1 || true; } | sed -n 's/.* version "\([0-9]*\).*/\1/p'
}

require_jdks() {
  has_jdk_25 || fail "no JDK 25 found in JAVA_HOME, /usr/lib/jvm, ~/.sdkman or ~/.jdks." \
    "Install one: https://adoptium.net/temurin/releases/?version=25, or: sdk install java 25-tem"
  local release
  release="$(maven_java_release)"
  if [ "${release:-0}" -lt 17 ]; then
    fail "Maven needs Java 17 or later and would run on ${release:-none}." "Let JAVA_HOME point to JDK 17 or later."
  fi
}
