"""Sends one vote: python3 vote.py BOOK_ID UP|DOWN

Needs confluent-kafka: pip install confluent-kafka, or Debian's package python3-confluent-kafka.
"""

import json
import os
import sys
import uuid
from datetime import datetime, timezone

from confluent_kafka import Producer

TOPIC = os.environ.get("BOOKVOTES_VOTES_TOPIC", "book-votes")
SETTINGS = {
    "bootstrap.servers": os.environ.get("BOOKVOTES_KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"),
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 20,
    "compression.type": "lz4",
    "partitioner": "murmur2_random",
}

failures = []


def settled(error, message):
    if error is not None:
        failures.append(error)


def send(producer, book_id, vote):
    event = {
        "eventId": str(uuid.uuid4()),
        "bookId": book_id,
        "vote": vote,
        "votedAt": datetime.now(timezone.utc).isoformat(),
    }
    producer.produce(TOPIC, key=str(book_id), value=json.dumps(event), on_delivery=settled)


producer = Producer(SETTINGS)
send(producer, int(sys.argv[1]), sys.argv[2])
# Votes are sent in the background: only what has settled without an error is on the topic.
if producer.flush(30) > 0 or failures:
    sys.exit(f"not sent: {failures or 'no answer'}")
