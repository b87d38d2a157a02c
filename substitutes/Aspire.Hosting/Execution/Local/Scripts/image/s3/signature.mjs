// AWS Signature Version 4: in the Authorization header, in the query of a presigned URL, and per chunk of a streamed body.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { S3Error } from './errors.mjs';

const algorithm = 'AWS4-HMAC-SHA256';
const maximumSkew = 15 * 60 * 1000;
const emptyHash = createHash('sha256').digest('hex');

export const sha256 = text => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

// As the specification has it: every byte but the unreserved characters becomes %XX.
const encode = text => encodeURIComponent(text).replace(/[!'()*]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase());

const equal = (left, right) => left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));

/** Checks a request and returns what is needed to check its chunks; throws an S3Error when the request is not signed as it should be. */
export function verify(request, url, credentials) {
    const presigned = url.searchParams.get('X-Amz-Algorithm') !== null;
    const claim = presigned ? fromQuery(url) : fromHeader(request);
    const [accessKey, day, region, service, terminator] = splitScope(claim.credential);
    if (terminator !== 'aws4_request' || !/^\d{8}T\d{6}Z$/.test(claim.date) || !claim.date.startsWith(day)) {
        throw new S3Error('AuthorizationHeaderMalformed', 'The credential scope or the date of the request is malformed.');
    }
    if (accessKey !== credentials.accessKey) {
        throw new S3Error('InvalidAccessKeyId', 'The access key is not known here.');
    }
    checkTime(claim, presigned);

    const canonical = [
        request.method,
        canonicalPath(request.url),
        canonicalQuery(url),
        ...claim.signedHeaders.map(name => `${name}:${headerValue(request, name)}`),
        '',
        claim.signedHeaders.join(';'),
        presigned ? request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD' : request.headers['x-amz-content-sha256'] ?? emptyHash,
    ].join('\n');
    const scope = `${day}/${region}/${service}/aws4_request`;
    const key = ['aws4_request'].reduce(hmac, [region, service].reduce(hmac, hmac('AWS4' + credentials.secretKey, day)));
    const signature = hmac(key, [algorithm, claim.date, scope, sha256(canonical)].join('\n')).toString('hex');
    if (!equal(signature, claim.signature)) {
        throw new S3Error('SignatureDoesNotMatch', 'The signature does not match; check the secret key.');
    }
    return { key, scope, date: claim.date, signature };
}

/** The signature of one chunk of a streamed body: each depends on the one before. */
export const chunkSignature = (seal, previous, chunkHash) =>
    hmac(seal.key, [`${algorithm}-PAYLOAD`, seal.date, seal.scope, previous, emptyHash, chunkHash].join('\n')).toString('hex');

export const trailerSignature = (seal, previous, trailerHash) =>
    hmac(seal.key, [`${algorithm}-TRAILER`, seal.date, seal.scope, previous, trailerHash].join('\n')).toString('hex');

function fromHeader(request) {
    const header = request.headers.authorization;
    if (!header) {
        throw new S3Error('AccessDenied', 'The request is not signed.');
    }
    const parts = Object.fromEntries(header.slice(algorithm.length).split(',').map(part => part.trim().split(/=(.*)/s, 2)));
    if (!header.startsWith(algorithm + ' ') || !parts.Credential || !parts.SignedHeaders || !parts.Signature) {
        throw new S3Error('AuthorizationHeaderMalformed', `Only ${algorithm} is supported.`);
    }
    return {
        credential: parts.Credential,
        signedHeaders: parts.SignedHeaders.split(';'),
        signature: parts.Signature,
        date: request.headers['x-amz-date'] ?? '',
    };
}

function fromQuery(url) {
    const get = name => url.searchParams.get(name) ?? '';
    if (get('X-Amz-Algorithm') !== algorithm) {
        throw new S3Error('AuthorizationHeaderMalformed', `Only ${algorithm} is supported.`);
    }
    return {
        credential: get('X-Amz-Credential'),
        signedHeaders: get('X-Amz-SignedHeaders').split(';'),
        signature: get('X-Amz-Signature'),
        date: get('X-Amz-Date'),
        seconds: Number(get('X-Amz-Expires')),
    };
}

function checkTime(claim, presigned) {
    const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(claim.date);
    const age = Date.now() - Date.UTC(year, month - 1, day, hour, minute, second);
    if (presigned) {
        if (!(claim.seconds > 0 && claim.seconds <= 604800)) {
            throw new S3Error('AuthorizationHeaderMalformed', 'X-Amz-Expires must be between 1 and 604800 seconds.');
        }
        if (age > claim.seconds * 1000) {
            throw new S3Error('AccessDenied', 'Request has expired');
        }
    }
    if (age < -maximumSkew || (!presigned && age > maximumSkew)) {
        throw new S3Error('RequestTimeTooSkewed', "The difference between the request's time and the server's time is too large.");
    }
}

// An access key may contain slashes; the scope has four parts behind it.
function splitScope(credential) {
    const parts = credential.split('/');
    return [parts.slice(0, -4).join('/'), ...parts.slice(-4)];
}

const canonicalPath = target => {
    const path = target.split('?', 1)[0];
    return path.split('/').map(segment => encode(decodeURIComponent(segment))).join('/');
};

const canonicalQuery = url => [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)])
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(pair => pair.join('='))
    .join('&');

const headerValue = (request, name) => {
    const value = request.headers[name];
    return (Array.isArray(value) ? value.join(',') : value ?? '').trim().replace(/ +/g, ' ');
};
