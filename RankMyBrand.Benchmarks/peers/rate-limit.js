// The usual rate limiter of Node services: one script call for each check, all checks by so many concurrent callers.
const { RateLimiterRedis } = require('rate-limiter-flexible');
const { stream: keyPrefix, numbers: [count, concurrency], connect } = require('./connection');

async function main() {
  const storeClient = connect();
  const limiter = new RateLimiterRedis({ storeClient, keyPrefix, points: 1000000000, duration: 60 });
  let left = count;

  async function caller() {
    while (left-- > 0) await limiter.consume(`key:${left % 1000}`);
  }

  await storeClient.ping();
  const started = process.hrtime.bigint();
  await Promise.all(Array.from({ length: concurrency }, caller));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(count / seconds);
  storeClient.disconnect();
}

main();
