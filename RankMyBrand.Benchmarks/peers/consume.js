// The consumer of the Node design: reads ten entries at a time and awaits one XACK for each.
const { stream, numbers: [count], connect } = require('./connection');

async function main() {
  const redis = connect();
  await redis.xgroup('CREATE', stream, 'peer', '0', 'MKSTREAM');
  let handled = 0;
  const started = process.hrtime.bigint();
  while (handled < count) {
    const reply = await redis.xreadgroup('GROUP', 'peer', 'consumer', 'COUNT', 10, 'BLOCK', 1000, 'STREAMS', stream, '>');
    for (const [, entries] of reply ?? []) {
      for (const [id, fields] of entries) {
        const event = {};
        for (let i = 0; i < fields.length; i += 2) event[fields[i]] = fields[i + 1];
        JSON.parse(event.data);
        await redis.xack(stream, 'peer', id);
        handled++;
      }
    }
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(handled / seconds);
  redis.disconnect();
}

main();
