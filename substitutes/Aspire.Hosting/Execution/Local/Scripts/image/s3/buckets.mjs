// Requests to the service and to buckets.
import { read } from './body.mjs';
import { S3Error } from './errors.mjs';
import { groupEnd } from './store.mjs';
import { document, elements, text } from './xml.mjs';

const owner = { ID: 'local', DisplayName: 'local' };

export async function listBuckets({ request, response, store }) {
    if (request.method !== 'GET') throw new S3Error('MethodNotAllowed', 'Only GET is allowed here.');
    const buckets = await store.buckets();
    send(response, 'ListAllMyBucketsResult', {
        Owner: owner, Buckets: { Bucket: buckets.map(({ name, created }) => ({ Name: name, CreationDate: created.toISOString() })) },
    });
}

export async function bucketRequest(context) {
    const { request, response, query, store, bucket } = context;
    const detail = [...query.keys()].find(name => name in details);
    switch (request.method) {
        case 'HEAD':
            await store.requireBucket(bucket);
            return response.writeHead(200).end();
        case 'PUT':
            if (detail) break;
            await readText(context);
            await store.createBucket(bucket);
            return response.writeHead(200, { Location: `/${bucket}`, 'Content-Length': 0 }).end();
        case 'DELETE':
            if (detail) break;
            await store.deleteBucket(bucket);
            return response.writeHead(204).end();
        case 'POST':
            if (query.has('delete')) return deleteObjects(context);
            break;
        case 'GET':
            await store.requireBucket(bucket);
            if (query.has('uploads')) return listUploads(context);
            if (detail) return details[detail](response);
            return list(context);
    }
    throw new S3Error('NotImplemented', `${request.method} ${detail ? '?' + detail : ''} of a bucket is not implemented by this server.`);
}

const missing = (code, what) => () => { throw new S3Error(code, `The bucket has no ${what}.`); };

const details = {
    location: response => send(response, 'LocationConstraint', {}),
    versioning: response => send(response, 'VersioningConfiguration', {}),
    acl: response => send(response, 'AccessControlPolicy', { Owner: owner }),
    policy: missing('NoSuchBucketPolicy', 'policy'),
    cors: missing('NoSuchCORSConfiguration', 'CORS configuration'),
    lifecycle: missing('NoSuchLifecycleConfiguration', 'lifecycle configuration'),
    tagging: missing('NoSuchTagSet', 'tags'),
    encryption: missing('ServerSideEncryptionConfigurationNotFoundError', 'encryption configuration'),
    'object-lock': missing('ObjectLockConfigurationNotFoundError', 'object lock configuration'),
};

async function list({ response, query, store, bucket }) {
    const second = query.get('list-type') === '2';
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const limit = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
    if (!Number.isInteger(limit) || limit < 0) throw new S3Error('InvalidArgument', 'max-keys is not a number between 0 and 1000.');
    const token = query.get('continuation-token');
    const marker = query.get('marker') ?? '';
    // The marker of the first version may be a group, which means that the group has been listed.
    const after = !second ? (delimiter && marker.endsWith(delimiter) ? groupEnd(marker) : marker)
        : token ? Buffer.from(token, 'base64url').toString() : query.get('start-after') ?? '';
    const encode = query.get('encoding-type') === 'url' ? name => encodeURIComponent(name).replaceAll('%2F', '/') : name => name;

    const found = [];
    let truncated = false;
    for await (const entry of limit === 0 ? [] : store.keys(bucket, prefix, after, delimiter)) {
        truncated = found.length === limit;
        if (truncated) break;
        found.push(entry);
    }
    const last = found.at(-1);
    const contents = await Promise.all(found.filter(entry => entry.key !== undefined).map(async ({ key }) => {
        const meta = await store.meta(bucket, key).catch(() => undefined); // deleted since
        return meta && { Key: encode(key), LastModified: meta.modified, ETag: `"${meta.etag}"`, Size: meta.size, StorageClass: 'STANDARD' };
    }));
    send(response, 'ListBucketResult', {
        Name: bucket,
        Prefix: encode(prefix),
        ...(second
            ? {
                KeyCount: found.length,
                ContinuationToken: token ?? undefined,
                StartAfter: query.get('start-after') ?? undefined,
                NextContinuationToken: truncated ? Buffer.from(last.key ?? groupEnd(last.prefix)).toString('base64url') : undefined,
            }
            : { Marker: encode(marker), NextMarker: truncated ? encode(last.key ?? last.prefix) : undefined }),
        MaxKeys: limit,
        Delimiter: delimiter ? encode(delimiter) : undefined,
        EncodingType: query.get('encoding-type') ?? undefined,
        IsTruncated: truncated,
        Contents: contents.filter(Boolean),
        CommonPrefixes: found.filter(entry => entry.prefix !== undefined).map(entry => ({ Prefix: encode(entry.prefix) })),
    });
}

async function listUploads({ response, uploads, bucket }) {
    send(response, 'ListMultipartUploadsResult', {
        Bucket: bucket, MaxUploads: 1000, IsTruncated: false,
        Upload: (await uploads.list(bucket)).map(({ id, key, started }) => ({ Key: key, UploadId: id, Initiated: started, StorageClass: 'STANDARD' })),
    });
}

async function deleteObjects(context) {
    const { response, store, bucket } = context;
    const xml = await readText(context);
    const keys = elements(xml, 'Object').map(object => text(object, 'Key'));
    if (keys.length === 0 || keys.length > 1000 || keys.includes(undefined)) throw new S3Error('MalformedXML', 'A request deletes 1 to 1000 objects.');
    await store.requireBucket(bucket);
    for (const key of keys) await store.delete(bucket, key);
    send(response, 'DeleteResult', { Deleted: text(xml, 'Quiet') === 'true' ? [] : keys.map(key => ({ Key: key })) });
}

/** The whole body as text. */
export async function readText({ request, seal }) {
    const chunks = [];
    let length = 0;
    for await (const bytes of read(request, seal)) {
        length += bytes.length;
        if (length > 4 * 1024 * 1024) throw new S3Error('EntityTooLarge', 'The document is larger than 4 MiB.');
        chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString();
}

export function send(response, name, content, headers = {}) {
    const body = document(name, content);
    response.writeHead(200, { 'Content-Type': 'application/xml', 'Content-Length': Buffer.byteLength(body), ...headers }).end(body);
}
