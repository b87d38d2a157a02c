// Publishes as the Node EventBus did. Arguments: port, stream, then a JSON array of [type, data, correlationId].
const { randomUUID } = require('node:crypto');
const Redis = require('ioredis');

const [port, stream, events] = process.argv.slice(2);

async function main() {
  const redis = new Redis({ host: '127.0.0.1', port: Number(port) });
  for (const [type, data, correlationId] of JSON.parse(events)) {
    const id = randomUUID();
    const entryId = await redis.xadd(
      stream, 'MAXLEN', '~', 100000, '*',
      'event_id', id, 'event_type', type, 'data', JSON.stringify(data),
      'timestamp', new Date().toISOString(), 'correlation_id', correlationId ?? id);
    console.log(JSON.stringify({ id, entryId }));
  }
  redis.disconnect();
}

main();
