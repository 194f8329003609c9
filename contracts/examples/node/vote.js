// Sends one vote: node vote.js BOOK_ID UP|DOWN
// Needs @platformatic/kafka: npm install
import { randomUUID } from 'node:crypto'
import { compatibilityPartitioner, Producer, stringSerializers } from '@platformatic/kafka'

const [bookId, vote] = process.argv.slice(2)

const producer = new Producer({
  clientId: 'vote-example',
  bootstrapBrokers: (process.env.BOOKVOTES_KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092').split(','),
  idempotent: true, // with acks=all
  partitioner: compatibilityPartitioner, // the one of Java's client
  serializers: stringSerializers
})

// Numbers are exact up to 2^53: for larger ids write the JSON by hand.
const event = { eventId: randomUUID(), bookId: Number(bookId), vote, votedAt: new Date().toISOString() }

await producer.send({
  messages: [{ topic: process.env.BOOKVOTES_VOTES_TOPIC ?? 'book-votes', key: bookId, value: JSON.stringify(event) }]
})
await producer.close()
