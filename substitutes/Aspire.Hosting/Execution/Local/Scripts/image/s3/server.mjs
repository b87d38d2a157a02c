// server.mjs DIRECTORY HOST PORT: an S3 server over a directory, with the credentials MINIO_ROOT_USER and MINIO_ROOT_PASSWORD.
import http from 'node:http';
import { randomBytes } from 'node:crypto';
import { bucketRequest, listBuckets } from './buckets.mjs';
import { S3Error } from './errors.mjs';
import { objectRequest } from './objects.mjs';
import { verify } from './signature.mjs';
import { Store } from './store.mjs';
import { Uploads } from './uploads.mjs';
import { errorDocument } from './xml.mjs';

const [directory, host, port] = process.argv.slice(2);
const credentials = {
    accessKey: process.env.MINIO_ROOT_USER || 'minioadmin',
    secretKey: process.env.MINIO_ROOT_PASSWORD || 'minioadmin',
};
if (credentials.accessKey.length < 3 || credentials.secretKey.length < 8) {
    console.error('minio: MINIO_ROOT_USER needs at least 3 characters and MINIO_ROOT_PASSWORD at least 8');
    process.exit(1);
}

const store = new Store(directory);
await store.open();
const uploads = new Uploads(store);

const server = http.createServer((request, response) => serve(request, response).catch(error => fail(request, response, error)));
server.requestTimeout = 0;
server.keepAliveTimeout = 65000;
server.on('error', error => {
    console.error(`minio: cannot listen on ${host}:${port}: ${error.message}`);
    process.exit(1);
});
server.listen({ port: Number(port), host: host === '0.0.0.0' ? undefined : host }, () => console.log(`S3 server for ${directory} listening on ${host}:${port}`));

for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
        server.close(() => process.exit(0));
        server.closeIdleConnections();
        setTimeout(() => process.exit(0), 3000).unref();
    });
}

async function serve(request, response) {
    response.setHeader('Server', 'MinIO');
    response.setHeader('x-amz-request-id', randomBytes(8).toString('hex').toUpperCase());
    const url = new URL(request.url, 'http://localhost');
    if (/^\/minio\/health\/(live|ready|cluster)$/.test(url.pathname)) {
        return response.writeHead(200).end();
    }
    const seal = verify(request, url, credentials);
    if (request.headers.expect === '100-continue') {
        response.writeContinue();
    }
    const [bucket, key] = address(request.url);
    const context = { request, response, query: url.searchParams, seal, store, uploads, bucket, key };
    return bucket === '' ? listBuckets(context) : key === '' ? bucketRequest(context) : objectRequest(context);
}

// Node answers this header by itself before a request is checked; a refused upload should not be sent.
server.on('checkContinue', (request, response) => server.emit('request', request, response));

function address(target) {
    try {
        const [, bucket, key = ''] = /^\/([^/?]*)(?:\/([^?]*))?/.exec(target) ?? [];
        return [decodeURIComponent(bucket ?? ''), decodeURIComponent(key)];
    } catch {
        throw new S3Error('InvalidArgument', 'The path is no valid percent-encoded UTF-8.');
    }
}

function fail(request, response, error) {
    if (!(error instanceof S3Error)) {
        if (error.code === 'ERR_STREAM_PREMATURE_CLOSE' || error.code === 'ECONNRESET') return response.destroy();
        console.error(`${request.method} ${request.url.split('?')[0]}: ${error.stack}`);
        error = new S3Error('InternalError', error.code === 'ENOSPC' ? 'The disk of the server is full.' : 'The server failed; see its log.');
    }
    if (response.headersSent) return response.destroy();
    const bodyless = request.method === 'HEAD' || error.status === 304;
    const body = bodyless ? '' : errorDocument({
        Code: error.code, Message: error.message, Resource: request.url.split('?')[0], RequestId: response.getHeader('x-amz-request-id'),
    });
    // The rest of a refused upload would be taken for the next request.
    if (!request.complete && request.headers['content-length'] !== '0') response.setHeader('Connection', 'close');
    response.writeHead(error.status, bodyless ? {} : { 'Content-Type': 'application/xml', 'Content-Length': Buffer.byteLength(body) }).end(body);
}
