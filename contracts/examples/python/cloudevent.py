"""Sends one vote as a CloudEvent in binary mode: python3 cloudevent.py BOOK_ID UP|DOWN

Needs confluent-kafka, as vote.py does.
"""

import json
import os
import sys
import time
from datetime import datetime, timezone

from confluent_kafka import Producer

failures = []


def settled(error, message):
    if error is not None:
        failures.append(error)


book_id, vote = int(sys.argv[1]), sys.argv[2]
producer = Producer(
    {
        "bootstrap.servers": os.environ.get("BOOKVOTES_KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"),
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 20,
        "compression.type": "lz4",
        "partitioner": "murmur2_random",
    }
)
producer.produce(
    os.environ.get("BOOKVOTES_VOTES_TOPIC", "book-votes"),
    key=str(book_id),
    value=json.dumps({"bookId": book_id, "vote": vote, "votedAt": datetime.now(timezone.utc).isoformat()}),
    headers={
        "ce_specversion": "1.0",
        # Any text will do that is unique for this source.
        "ce_id": f"{book_id}-{time.time_ns()}",
        "ce_source": "/examples/python",
        "ce_type": "org.bookvotes.vote",
        "content-type": "application/json",
    },
    on_delivery=settled,
)
if producer.flush(30) > 0 or failures:
    sys.exit(f"not sent: {failures or 'no answer'}")
