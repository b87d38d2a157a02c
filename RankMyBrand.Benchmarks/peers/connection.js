// Arguments shared by the peers: host, port, password, stream, then the script's own.
const Redis = require('ioredis');

const [host, port, password, stream, ...rest] = process.argv.slice(2);

module.exports = {
  stream,
  numbers: rest.map(Number),
  connect: () => new Redis({ host, port: Number(port), password: password || undefined }),
};
