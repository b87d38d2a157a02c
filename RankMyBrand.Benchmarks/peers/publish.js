// The publisher of the Node design: for each event one XADD, then one HINCRBY, each awaited.
const { randomUUID } = require('node:crypto');
const { stream, numbers: [count, concurrency, dataBytes], connect } = require('./connection');

async function main() {
  const redis = connect();
  const data = JSON.stringify({ text: 'x'.repeat(dataBytes - '{"text":""}'.length) });
  let left = count;

  async function publisher() {
    while (left-- > 0) {
      const id = randomUUID();
      await redis.xadd(
        stream, 'MAXLEN', '~', 10000000, '*',
        'event_id', id, 'event_type', 'response.received', 'data', data,
        'timestamp', new Date().toISOString(), 'correlation_id', id);
      await redis.hincrby(`${stream}:stats`, 'published', 1);
    }
  }

  await redis.ping();
  const started = process.hrtime.bigint();
  await Promise.all(Array.from({ length: concurrency }, publisher));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(count / seconds);
  redis.disconnect();
}

main();
