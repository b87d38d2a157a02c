// Conditional requests and ranges, as RFC 9110 has them.
import { S3Error } from './errors.mjs';

const tags = header => header.split(',').map(tag => tag.trim().replace(/^W\//, '').replace(/^"|"$/g, ''));
const matches = (header, etag) => header.trim() === '*' || tags(header).includes(etag);
const seconds = date => Math.floor(new Date(date).getTime() / 1000);

/** For reading; prefix is 'x-amz-copy-source-' for the source of a copy. */
export function checkRead(headers, meta, prefix = '') {
    const get = name => headers[prefix + name];
    const modified = seconds(meta.modified);
    const failed = () => new S3Error('PreconditionFailed', 'A condition of the request does not hold.');
    const notModified = () => (prefix ? failed() : new S3Error('NotModified', 'Not modified'));
    if (get('if-match') !== undefined) {
        if (!matches(get('if-match'), meta.etag)) throw failed();
    } else if (get('if-unmodified-since') !== undefined && modified > seconds(get('if-unmodified-since'))) {
        throw failed();
    }
    if (get('if-none-match') !== undefined) {
        if (matches(get('if-none-match'), meta.etag)) throw notModified();
    } else if (get('if-modified-since') !== undefined && modified <= seconds(get('if-modified-since'))) {
        throw notModified();
    }
}

/** For writing: a check of the object that is about to be replaced, or of undefined when there is none. */
export const writeCheck = headers => current => {
    const ifMatch = headers['if-match'];
    const ifNoneMatch = headers['if-none-match'];
    if (ifMatch !== undefined && !current) throw new S3Error('NoSuchKey', 'The object does not exist.');
    if ((ifMatch !== undefined && !matches(ifMatch, current.etag)) || (ifNoneMatch !== undefined && current && matches(ifNoneMatch, current.etag))) {
        throw new S3Error('PreconditionFailed', 'A condition of the request does not hold.');
    }
};

/** { start, end } (inclusive) of a Range header, or undefined for the whole. */
export function range(header, size) {
    const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
    if (!match || (match[1] === '' && match[2] === '')) return undefined;
    const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
    const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
    if (start > end) throw new S3Error('InvalidRange', 'The range lies outside the object.');
    return { start, end };
}
