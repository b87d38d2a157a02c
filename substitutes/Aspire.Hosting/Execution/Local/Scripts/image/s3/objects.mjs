// Requests to objects.
import { pipeline } from 'node:stream/promises';
import { checksumHeaders, read } from './body.mjs';
import { readText, send } from './buckets.mjs';
import { checkRead, range, writeCheck } from './conditions.mjs';
import { S3Error } from './errors.mjs';
import { elements, text } from './xml.mjs';

const kept = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-type', 'expires'];

export function objectRequest(context) {
    const { request, query } = context;
    const upload = query.get('uploadId');
    if (['acl', 'tagging', 'torrent', 'retention', 'legal-hold', 'select', 'restore'].some(name => query.has(name))) {
        throw new S3Error('NotImplemented', 'Access lists, tags, retention and selection of objects are not implemented by this server.');
    }
    switch (request.method) {
        case 'GET': return upload ? listParts(context, upload) : get(context);
        case 'HEAD': return get(context);
        case 'PUT': return upload ? putPart(context, upload) : put(context);
        case 'DELETE': return upload ? abort(context, upload) : remove(context);
        case 'POST':
            if (query.has('uploads')) return createUpload(context);
            if (upload) return complete(context, upload);
    }
    throw new S3Error('MethodNotAllowed', `${request.method} is not allowed on an object.`);
}

async function get({ request, response, query, store, bucket, key }) {
    const { handle, meta } = await store.openObject(bucket, key);
    try {
        checkRead(request.headers, meta);
        const part = range(request.headers.range, meta.size);
        const headers = { ...meta.headers, ETag: `"${meta.etag}"`, 'Last-Modified': new Date(meta.modified).toUTCString(), 'Accept-Ranges': 'bytes' };
        for (const name of kept) {
            if (query.has(`response-${name}`)) headers[name] = query.get(`response-${name}`);
        }
        if (request.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED' && !part) Object.assign(headers, meta.checksums);
        headers['Content-Length'] = part ? part.end - part.start + 1 : meta.size;
        if (part) headers['Content-Range'] = `bytes ${part.start}-${part.end}/${meta.size}`;
        response.writeHead(part ? 206 : 200, headers);
        if (request.method === 'HEAD' || headers['Content-Length'] === 0) {
            response.end();
        } else {
            await pipeline(handle.createReadStream({ start: part?.start ?? 0, end: part?.end ?? meta.size - 1, autoClose: false }), response);
        }
    } finally {
        await handle.close();
    }
}

async function put(context) {
    const { request, response, seal, store, bucket, key } = context;
    if (request.headers['x-amz-copy-source'] !== undefined) return copy(context);
    const description = describe(request.headers);
    const meta = await store.put(bucket, key, read(request, seal, description.checksums), description, writeCheck(request.headers));
    response.writeHead(200, { ETag: `"${meta.etag}"`, ...meta.checksums, 'Content-Length': 0 }).end();
}

async function copy({ request, response, store, bucket, key }) {
    const source = await openSource(request.headers, store);
    try {
        const replace = request.headers['x-amz-metadata-directive'] === 'REPLACE';
        const { headers, checksums } = replace ? describe(request.headers) : source.meta;
        const meta = await store.put(bucket, key, source.content(), { headers, checksums }, writeCheck(request.headers));
        send(response, 'CopyObjectResult', { ETag: `"${meta.etag}"`, LastModified: meta.modified });
    } finally {
        await source.handle.close();
    }
}

async function remove({ response, store, bucket, key }) {
    await store.delete(bucket, key);
    response.writeHead(204).end();
}

async function createUpload({ request, response, uploads, bucket, key }) {
    const id = await uploads.create(bucket, key, describe(request.headers));
    send(response, 'InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id });
}

async function putPart({ request, response, query, seal, store, uploads, bucket, key }, upload) {
    const number = Number(query.get('partNumber'));
    if (request.headers['x-amz-copy-source'] === undefined) {
        const meta = await uploads.putPart(bucket, key, upload, number, read(request, seal));
        response.writeHead(200, { ETag: `"${meta.etag}"`, ...checksumHeaders(request.headers), 'Content-Length': 0 }).end();
        return;
    }
    const source = await openSource(request.headers, store);
    try {
        const meta = await uploads.putPart(bucket, key, upload, number, source.content(range(request.headers['x-amz-copy-source-range'], source.meta.size)));
        send(response, 'CopyPartResult', { ETag: `"${meta.etag}"`, LastModified: meta.modified });
    } finally {
        await source.handle.close();
    }
}

async function complete(context, upload) {
    const { request, response, uploads, bucket, key } = context;
    const listed = elements(await readText(context), 'Part')
        .map(part => ({ number: Number(text(part, 'PartNumber')), etag: (text(part, 'ETag') ?? '').replaceAll('"', '') }));
    const meta = await uploads.complete(bucket, key, upload, listed, writeCheck(request.headers));
    send(response, 'CompleteMultipartUploadResult', { Location: `/${bucket}/${key}`, Bucket: bucket, Key: key, ETag: `"${meta.etag}"` });
}

async function abort({ response, uploads, bucket, key }, upload) {
    await uploads.abort(bucket, key, upload);
    response.writeHead(204).end();
}

async function listParts({ response, uploads, bucket, key }, upload) {
    await uploads.open(bucket, key, upload);
    send(response, 'ListPartsResult', {
        Bucket: bucket, Key: key, UploadId: upload, IsTruncated: false, MaxParts: 10000,
        Part: (await uploads.parts(upload)).map(({ number, etag, size, modified }) => ({ PartNumber: number, ETag: `"${etag}"`, Size: size, LastModified: modified })),
    });
}

async function openSource(headers, store) {
    const [, bucket, key] = /^\/?([^/]+)\/([^?]+)/.exec(decodeURIComponent(headers['x-amz-copy-source'])) ?? [];
    if (!key) throw new S3Error('InvalidArgument', 'x-amz-copy-source is not BUCKET/KEY.');
    const { handle, meta } = await store.openObject(bucket, key);
    try {
        checkRead(headers, meta, 'x-amz-copy-source-');
    } catch (error) {
        await handle.close();
        throw error;
    }
    const content = part => (meta.size === 0 ? [] : handle.createReadStream({ start: part?.start ?? 0, end: part?.end ?? meta.size - 1, autoClose: false }));
    return { handle, meta, content };
}

function describe(headers) {
    const described = Object.entries(headers).filter(([name]) => kept.includes(name) || name.startsWith('x-amz-meta-'));
    const result = Object.fromEntries(described);
    // "aws-chunked" describes the transfer, not the object.
    const encoding = (result['content-encoding'] ?? '').split(',').map(value => value.trim()).filter(value => value && value !== 'aws-chunked').join(',');
    if (encoding) result['content-encoding'] = encoding;
    else delete result['content-encoding'];
    result['content-type'] ??= 'binary/octet-stream';
    return { headers: result, checksums: checksumHeaders(headers) };
}
