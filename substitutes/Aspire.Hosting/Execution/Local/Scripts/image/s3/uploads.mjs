// Uploads in parts: a directory per upload with one file per part, until they become one object.
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { S3Error } from './errors.mjs';

const minimumPart = 5 * 1024 * 1024;

export class Uploads {
    constructor(store) {
        this.store = store;
        this.directory = path.join(store.directory, '.work', 'uploads');
    }

    async create(bucket, key, description) {
        await this.store.requireBucket(bucket);
        const id = randomUUID().replaceAll('-', '');
        await fs.mkdir(this.path(id));
        await fs.writeFile(this.path(id, 'upload.json'), JSON.stringify({ bucket, key, description, started: new Date().toISOString() }));
        return id;
    }

    async open(bucket, key, id) {
        const upload = /^[0-9a-f]{32}$/.test(id)
            ? await fs.readFile(this.path(id, 'upload.json'), 'utf8').then(JSON.parse, () => undefined)
            : undefined;
        if (upload?.bucket !== bucket || upload.key !== key) {
            throw new S3Error('NoSuchUpload', 'The upload does not exist; it may have been completed or aborted.');
        }
        return upload;
    }

    async putPart(bucket, key, id, number, content) {
        await this.open(bucket, key, id);
        if (!(Number.isInteger(number) && number >= 1 && number <= 10000)) {
            throw new S3Error('InvalidArgument', 'A part number is between 1 and 10000.');
        }
        const { temporary, meta } = await this.store.write(content, {});
        await fs.writeFile(this.path(id, `${number}.json`), JSON.stringify(meta));
        await fs.rename(temporary, this.path(id, `${number}.part`));
        return meta;
    }

    async parts(id) {
        const names = (await fs.readdir(this.path(id))).filter(name => name.endsWith('.part'));
        const parts = await Promise.all(names.map(async name => {
            const number = parseInt(name, 10);
            return { number, ...JSON.parse(await fs.readFile(this.path(id, `${number}.json`), 'utf8')) };
        }));
        return parts.sort((left, right) => left.number - right.number);
    }

    /** Joins the parts that the client lists: [{ number, etag }]. */
    async complete(bucket, key, id, listed, check) {
        const upload = await this.open(bucket, key, id);
        const stored = new Map((await this.parts(id)).map(part => [part.number, part]));
        if (listed.length === 0) {
            throw new S3Error('MalformedXML', 'The list of parts is empty.');
        }
        const chosen = listed.map(({ number, etag }, index) => {
            if (index > 0 && number <= listed[index - 1].number) {
                throw new S3Error('InvalidPartOrder', 'The parts are not in ascending order.');
            }
            const part = stored.get(number);
            if (!part || part.etag !== etag) {
                throw new S3Error('InvalidPart', `Part ${number} was not uploaded, or its entity tag differs.`);
            }
            if (part.size < minimumPart && index < listed.length - 1) {
                throw new S3Error('EntityTooSmall', `Part ${number} is smaller than 5 MiB and not the last one.`);
            }
            return part;
        });
        const digest = createHash('md5');
        for (const part of chosen) digest.update(Buffer.from(part.etag, 'hex'));
        const meta = await this.store.put(bucket, key, this.content(id, chosen),
            { ...upload.description, etag: `${digest.digest('hex')}-${chosen.length}` }, check);
        await this.remove(id);
        return meta;
    }

    async abort(bucket, key, id) {
        await this.open(bucket, key, id);
        await this.remove(id);
    }

    async list(bucket) {
        const ids = await fs.readdir(this.directory);
        const uploads = await Promise.all(ids.map(async id => ({ id, ...await fs.readFile(this.path(id, 'upload.json'), 'utf8').then(JSON.parse, () => ({})) })));
        return uploads.filter(upload => upload.bucket === bucket).sort((left, right) => (left.key < right.key ? -1 : 1));
    }

    async *content(id, parts) {
        for (const part of parts) {
            const handle = await fs.open(this.path(id, `${part.number}.part`));
            yield* handle.createReadStream({ start: 0, end: part.size - 1 });
        }
    }

    remove(id) {
        return fs.rm(this.path(id), { recursive: true, force: true });
    }

    path(id, ...rest) {
        return path.join(this.directory, id, ...rest);
    }
}
