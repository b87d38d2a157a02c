// Consumes as the Node EventBus did: ten entries at a time, one XACK for each that was handled; one line of JSON for each.
// Arguments: port, stream, group, how many events to handle, and "die" to end without acknowledging any.
const Redis = require('ioredis');

const [port, stream, group, count, fate] = process.argv.slice(2);

async function main() {
  const redis = new Redis({ host: '127.0.0.1', port: Number(port) });
  await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM').catch((error) => {
    if (!error.message.startsWith('BUSYGROUP')) throw error;
  });
  let handled = 0;
  while (handled < Number(count)) {
    const reply = await redis.xreadgroup('GROUP', group, 'node', 'COUNT', 10, 'BLOCK', 1000, 'STREAMS', stream, '>');
    for (const [, entries] of reply ?? []) {
      for (const [entryId, fields] of entries) {
        const event = {};
        for (let i = 0; i < fields.length; i += 2) event[fields[i]] = fields[i + 1];
        console.log(JSON.stringify({ entryId, ...event, data: JSON.parse(event.data), timestamp: new Date(event.timestamp).toISOString() }));
        if (fate !== 'die') await redis.xack(stream, group, entryId);
        handled++;
      }
    }
  }
  redis.disconnect();
}

main();
