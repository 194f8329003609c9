#!/usr/bin/env bash
# Sends one vote as a CloudEvent in binary mode: cloudevent.sh BOOK_ID UP|DOWN
set -euo pipefail

book="$1" vote="$2"
id="$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)"
now="$(date -u +%Y-%m-%dT%H:%M:%SZ)"

printf '%s:{"bookId":%s,"vote":"%s","votedAt":"%s"}\n' "$book" "$book" "$vote" "$now" |
  kcat -P -K : \
    -b "${BOOKVOTES_KAFKA_BOOTSTRAP_SERVERS:-localhost:9092}" \
    -t "${BOOKVOTES_VOTES_TOPIC:-book-votes}" \
    -H ce_specversion=1.0 -H "ce_id=$id" -H ce_source=/examples/kcat -H ce_type=org.bookvotes.vote \
    -H content-type=application/json \
    -X acks=all -X enable.idempotence=true -X linger.ms=20 -X compression.type=lz4 -X partitioner=murmur2_random
