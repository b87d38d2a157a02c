// Objects on disk. A bucket is a directory; "a/b" in it is the file "b" in the directory "a+" (encoded names contain no plus sign, so a
// key and a prefix of the same name do not meet). A file is the content, then a JSON description, then the description's length and a
// magic number: one file, put in place by one rename, so that a crash leaves the old object or the new one.
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { S3Error } from './errors.mjs';

const footerLength = 12;
const magic = Buffer.from('S3objV1\n');
const work = '.work';

export class Store {
    constructor(directory) {
        this.directory = directory;
        this.writers = new Map();
    }

    async open() {
        // What a crash left half-written; uploads in parts stay, the client may go on with them.
        await fs.rm(path.join(this.directory, work, 'writing'), { recursive: true, force: true });
        await fs.mkdir(path.join(this.directory, work, 'writing'), { recursive: true });
        await fs.mkdir(path.join(this.directory, work, 'uploads'), { recursive: true });
    }

    async buckets() {
        const entries = await fs.readdir(this.directory, { withFileTypes: true });
        const names = entries.filter(entry => entry.isDirectory() && bucketName.test(entry.name)).map(entry => entry.name).sort();
        return Promise.all(names.map(async name => ({ name, created: (await fs.stat(path.join(this.directory, name))).birthtime })));
    }

    async createBucket(bucket) {
        if (!bucketName.test(bucket)) {
            throw new S3Error('InvalidBucketName', 'A bucket name has 3 to 63 lower-case letters, digits, dots and hyphens.');
        }
        try {
            await fs.mkdir(path.join(this.directory, bucket));
        } catch (error) {
            throw error.code === 'EEXIST' ? new S3Error('BucketAlreadyOwnedByYou', 'The bucket exists and is yours.') : error;
        }
    }

    async requireBucket(bucket) {
        if (!bucketName.test(bucket) || !await exists(path.join(this.directory, bucket))) {
            throw new S3Error('NoSuchBucket', 'The bucket does not exist.');
        }
    }

    async deleteBucket(bucket) {
        await this.requireBucket(bucket);
        for await (const _ of this.keys(bucket, '')) {
            throw new S3Error('BucketNotEmpty', 'The bucket still holds objects.');
        }
        await fs.rm(path.join(this.directory, bucket), { recursive: true });
    }

    /** Opens an object for reading: { handle, meta }; the caller closes the handle. */
    async openObject(bucket, key) {
        await this.requireBucket(bucket);
        let handle;
        try {
            handle = await fs.open(this.file(bucket, key));
        } catch (error) {
            throw error.code === 'ENOENT' || error.code === 'ENOTDIR' ? new S3Error('NoSuchKey', 'The object does not exist.') : error;
        }
        try {
            return { handle, meta: await readMeta(handle) };
        } catch (error) {
            await handle.close();
            throw error;
        }
    }

    async meta(bucket, key) {
        const { handle, meta } = await this.openObject(bucket, key);
        await handle.close();
        return meta;
    }

    /** Writes an object; check(current meta or undefined) may refuse just before it takes its place. */
    async put(bucket, key, content, description, check = () => {}) {
        await this.requireBucket(bucket);
        const target = this.file(bucket, key);
        const { temporary, meta } = await this.write(content, description);
        try {
            await this.exclusively(target, async () => {
                check(await this.meta(bucket, key).catch(ignoreMissing));
                await this.place(bucket, temporary, target);
            });
        } catch (error) {
            await fs.rm(temporary, { force: true });
            throw error;
        }
        return meta;
    }

    /** One after the other for one file, so that nothing comes between a condition and the write that depends on it. */
    async exclusively(file, action) {
        const result = (this.writers.get(file) ?? Promise.resolve()).then(action, action);
        this.writers.set(file, result);
        try {
            return await result;
        } finally {
            if (this.writers.get(file) === result) this.writers.delete(file);
        }
    }

    async write(content, description) {
        const temporary = path.join(this.directory, work, 'writing', randomUUID());
        const handle = await fs.open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
        try {
            const md5 = createHash('md5');
            let size = 0;
            for await (const bytes of content) {
                md5.update(bytes);
                size += bytes.length;
                await handle.writeFile(bytes);
            }
            const meta = { etag: md5.digest('hex'), modified: new Date().toISOString(), ...description, size };
            const json = Buffer.from(JSON.stringify(meta));
            const length = Buffer.alloc(4);
            length.writeUInt32BE(json.length);
            await handle.writeFile(Buffer.concat([json, length, magic]));
            await handle.datasync();
            return { temporary, meta };
        } catch (error) {
            await fs.rm(temporary, { force: true });
            throw error;
        } finally {
            await handle.close();
        }
    }

    // A delete may take the directory away between the two calls.
    async place(bucket, temporary, target) {
        for (let attempt = 0; ; attempt++) {
            await fs.mkdir(path.dirname(target), { recursive: true });
            try {
                return await fs.rename(temporary, target);
            } catch (error) {
                if (error.code !== 'ENOENT' || attempt === 10) throw error;
                await this.requireBucket(bucket);
            }
        }
    }

    async delete(bucket, key) {
        await this.requireBucket(bucket);
        const file = this.file(bucket, key);
        await this.exclusively(file, () => fs.rm(file, { force: true }));
        // Empty prefixes do not exist in S3.
        const top = path.join(this.directory, bucket);
        for (let directory = path.dirname(file); directory !== top; directory = path.dirname(directory)) {
            try {
                await fs.rmdir(directory);
            } catch {
                return;
            }
        }
    }

    /** What comes after a key, in order: { key }, or with a delimiter { prefix } once for each group of keys. */
    async *keys(bucket, prefix, after = '', delimiter = '') {
        let group;
        for await (const entry of this.walk(path.join(this.directory, bucket), '', { prefix, after, delimiter })) {
            if (entry.prefix !== undefined) {
                yield entry;
                continue;
            }
            if (!entry.key.startsWith(prefix) || entry.key <= after) continue;
            const end = delimiter ? entry.key.indexOf(delimiter, prefix.length) : -1;
            const name = end < 0 ? undefined : entry.key.slice(0, end + delimiter.length);
            if (name === undefined) yield entry;
            else if (name !== group) yield { prefix: name };
            group = name;
        }
    }

    async *walk(directory, base, query) {
        const { prefix, after, delimiter } = query;
        const entries = (await fs.readdir(directory, { withFileTypes: true })).map(entry => entry.isDirectory()
            ? { name: base + decode(entry.name.slice(0, -1)) + '/', directory: path.join(directory, entry.name) }
            : { name: base + decode(entry.name) });
        entries.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : left.directory ? 1 : -1));
        for (const entry of entries) {
            if (!entry.directory) {
                yield { key: entry.name };
                continue;
            }
            const name = entry.name;
            const relevant = name.startsWith(prefix) || prefix.startsWith(name);
            const passed = after !== '' && (after === groupEnd(name) || (name < after && !after.startsWith(name)));
            if (!relevant || passed) continue;
            if (delimiter === '/' && name.startsWith(prefix) && name !== prefix && !after.startsWith(name)) yield { prefix: name };
            else yield* this.walk(entry.directory, name, query);
        }
    }

    file(bucket, key) {
        const segments = key.split('/').map(encode);
        if (Buffer.byteLength(key) > 1024 || segments.some(segment => segment.length > 250)) {
            throw new S3Error('KeyTooLongError', 'A key has at most 1024 bytes, and a part between slashes at most 250 when it is encoded.');
        }
        return path.join(this.directory, bucket, ...segments.slice(0, -1).map(segment => segment + '+'), segments.at(-1));
    }
}

/** A key behind all keys of a group. */
export const groupEnd = prefix => prefix + '\uffff';

const bucketName = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export const ignoreMissing = error => {
    if (error.code !== 'NoSuchKey') throw error;
};

const exists = file => fs.access(file).then(() => true, () => false);

const encode = segment => (segment === '' ? '=' : encodeURIComponent(segment).replace(/^\./, '%2E'));
const decode = name => (name === '=' ? '' : decodeURIComponent(name));

async function readMeta(handle) {
    const { size } = await handle.stat();
    const footer = Buffer.alloc(footerLength);
    await handle.read(footer, 0, footerLength, size - footerLength);
    if (!footer.subarray(4).equals(magic)) {
        throw new S3Error('InternalError', 'The file of the object is damaged.');
    }
    const json = Buffer.alloc(footer.readUInt32BE(0));
    await handle.read(json, 0, json.length, size - footerLength - json.length);
    return JSON.parse(json.toString());
}
