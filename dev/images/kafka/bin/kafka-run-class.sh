#!/usr/bin/env bash
# Runs one class of Kafka's: kafka-run-class.sh CLASS [ARGUMENT...]
# KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_LOG4J_OPTS and KAFKA_OPTS mean what they mean in Kafka itself.
set -euo pipefail

# Not "libs/*": Java would take the directory's own order, and an archive of classes is tied to one class path.
jars=(/opt/kafka/libs/*.jar)
class_path="$(IFS=: && echo "${jars[*]}")"

# The options may hold several words each.
# shellcheck disable=SC2086
exec java ${KAFKA_HEAP_OPTS:--Xmx256m} ${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseSerialGC} \
  ${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=/opt/kafka/config/tools-log4j2.yaml} \
  ${KAFKA_OPTS:-} -cp "$class_path" "$@"
