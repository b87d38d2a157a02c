// The body of a request: plain, or in signed or unsigned chunks with trailers; checked against every digest that the client sent.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Error } from './errors.mjs';
import { chunkSignature, sha256, trailerSignature } from './signature.mjs';

/** Yields the decoded bytes of a request's body, and throws at its end when a digest differs; adds the checksums of trailers to checksums. */
export async function* read(request, seal, checksums = {}) {
    const declared = request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
    const trailers = {};
    const chunked = declared.startsWith('STREAMING-');
    const source = chunked ? dechunk(request, seal, declared, trailers) : request;
    const digests = new Digests(request.headers, declared);
    for await (const bytes of source) {
        digests.update(bytes);
        yield bytes;
    }
    if (!chunked && request.headers['content-length'] !== undefined && digests.length !== Number(request.headers['content-length'])) {
        throw new S3Error('IncompleteBody', 'The body is shorter than its Content-Length.');
    }
    digests.check(trailers);
    Object.assign(checksums, checksumHeaders(trailers));
}

/** The checksums of the additional checksum headers (and trailers), by header name, for those that this server can compute. */
class Digests {
    constructor(headers, declared) {
        this.headers = headers;
        this.length = 0;
        this.expectedHash = /^[0-9a-f]{64}$/.test(declared) ? declared : undefined;
        const announced = (headers['x-amz-trailer'] ?? '').split(',').map(name => name.trim());
        const wanted = name => headers[name] !== undefined || announced.includes(name);
        this.sha256 = this.expectedHash || wanted('x-amz-checksum-sha256') ? createHash('sha256') : undefined;
        this.sha1 = wanted('x-amz-checksum-sha1') ? createHash('sha1') : undefined;
        this.md5 = wanted('content-md5') ? createHash('md5') : undefined;
        this.crc32 = wanted('x-amz-checksum-crc32') ? 0 : undefined;
        this.crc32c = wanted('x-amz-checksum-crc32c') ? 0 : undefined;
    }

    update(bytes) {
        this.length += bytes.length;
        this.sha256?.update(bytes);
        this.sha1?.update(bytes);
        this.md5?.update(bytes);
        if (this.crc32 !== undefined) this.crc32 = crc32(bytes, this.crc32);
        if (this.crc32c !== undefined) this.crc32c = crc32c(bytes, this.crc32c);
    }

    check(trailers) {
        const hash = this.sha256?.digest();
        if (this.expectedHash && hash.toString('hex') !== this.expectedHash) {
            throw new S3Error('XAmzContentSHA256Mismatch', 'The body does not have the SHA-256 of x-amz-content-sha256.');
        }
        const computed = {
            'content-md5': this.md5?.digest('base64'),
            'x-amz-checksum-sha256': hash?.toString('base64'),
            'x-amz-checksum-sha1': this.sha1?.digest('base64'),
            'x-amz-checksum-crc32': base64(this.crc32),
            'x-amz-checksum-crc32c': base64(this.crc32c),
        };
        for (const [name, value] of Object.entries(computed)) {
            const expected = trailers[name] ?? this.headers[name];
            if (value !== undefined && expected !== undefined && value !== expected) {
                throw new S3Error('BadDigest', `The body does not have the digest of ${name}.`);
            }
        }
    }
}

/** The additional checksum that a client sent, to be returned with the object. */
export const checksumHeaders = headers =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => /^x-amz-checksum-(crc32|crc32c|sha1|sha256)$/.test(name)));

/** aws-chunked: "hex-size[;chunk-signature=...]", the bytes, ..., a chunk of size 0, then the trailers. */
async function* dechunk(request, seal, declared, trailers) {
    const signed = declared.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
    const input = new Buffered(request);
    let previous = seal.signature;
    for (;;) {
        const [size, signature] = parseChunkHeader(await input.line());
        const hash = createHash('sha256');
        for (let left = size; left > 0;) {
            const bytes = await input.some(left);
            left -= bytes.length;
            if (signed) hash.update(bytes);
            yield bytes;
        }
        if (signed) {
            previous = same(signature, chunkSignature(seal, previous, hash.digest('hex')));
        }
        if (size === 0) {
            break;
        }
        await input.line();
    }
    let text = '';
    for (let line = await input.line(); line; line = await input.line()) {
        const [name, value] = line.split(/:(.*)/s, 2);
        if (name === 'x-amz-trailer-signature') {
            same(value, trailerSignature(seal, previous, sha256(text)));
        } else {
            trailers[name.toLowerCase()] = value.trim();
            text += `${name}:${value.trim()}\n`;
        }
    }
}

function parseChunkHeader(line) {
    const [size, extension = ''] = line.split(';');
    if (!/^[0-9a-fA-F]+$/.test(size)) {
        throw new S3Error('IncompleteBody', 'The chunked body is malformed.');
    }
    return [parseInt(size, 16), extension.replace('chunk-signature=', '')];
}

function same(given, computed) {
    if (given !== computed) {
        throw new S3Error('SignatureDoesNotMatch', 'The signature of a chunk does not match.');
    }
    return computed;
}

/** A stream read by lines and by lengths. */
class Buffered {
    constructor(stream) {
        this.iterator = stream[Symbol.asyncIterator]();
        this.buffer = Buffer.alloc(0);
    }

    async fill() {
        const { done, value } = await this.iterator.next();
        if (!done) this.buffer = this.buffer.length ? Buffer.concat([this.buffer, value]) : value;
        return !done;
    }

    /** The next line without its end; the empty string at the end of the stream. */
    async line() {
        for (;;) {
            const end = this.buffer.indexOf('\r\n');
            if (end >= 0) {
                const line = this.buffer.toString('latin1', 0, end);
                this.buffer = this.buffer.subarray(end + 2);
                return line;
            }
            if (this.buffer.length > 16384 || !await this.fill()) {
                return this.buffer.toString('latin1').trim();
            }
        }
    }

    async some(limit) {
        if (this.buffer.length === 0 && !await this.fill()) {
            throw new S3Error('IncompleteBody', 'The chunked body ends too early.');
        }
        const bytes = this.buffer.subarray(0, limit);
        this.buffer = this.buffer.subarray(bytes.length);
        return bytes;
    }
}

const base64 = checksum => {
    if (checksum === undefined) return undefined;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(checksum >>> 0);
    return bytes.toString('base64');
};

const castagnoli = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0x82f63b78 : n >>> 1;
    return n >>> 0;
});

function crc32c(bytes, checksum) {
    let value = ~checksum;
    for (const byte of bytes) value = castagnoli[(value ^ byte) & 255] ^ (value >>> 8);
    return ~value >>> 0;
}
