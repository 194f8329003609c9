#!/usr/bin/env bash
# Sends one vote: vote.sh BOOK_ID UP|DOWN
set -euo pipefail

book="$1" vote="$2"
id="$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)"
now="$(date -u +%Y-%m-%dT%H:%M:%SZ)"

# Before the first colon is the key.
printf '%s:{"eventId":"%s","bookId":%s,"vote":"%s","votedAt":"%s"}\n' "$book" "$id" "$book" "$vote" "$now" |
  kcat -P -K : \
    -b "${BOOKVOTES_KAFKA_BOOTSTRAP_SERVERS:-localhost:9092}" \
    -t "${BOOKVOTES_VOTES_TOPIC:-book-votes}" \
    -X acks=all -X enable.idempotence=true -X linger.ms=20 -X compression.type=lz4 -X partitioner=murmur2_random
