// XML out and in: documents from nested objects, and the few elements that requests contain.
const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

// Control characters have no place in XML 1.0; a client that uses them asks for encoding-type=url.
const escape = text => String(text).replace(/[&<>"]/g, c => escapes[c]).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd');

const unescape = text => text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) =>
    hex ? String.fromCodePoint(parseInt(hex, 16)) : decimal ? String.fromCodePoint(Number(decimal)) : entities[name] ?? whole);

const element = (name, value) =>
    value === undefined ? ''
    : Array.isArray(value) ? value.map(item => element(name, item)).join('')
    : typeof value === 'object' ? `<${name}>${Object.entries(value).map(([child, inner]) => element(child, inner)).join('')}</${name}>`
    : `<${name}>${escape(value)}</${name}>`;

export const document = (name, content) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${element('x', content).slice(3, -4)}</${name}>`;

export const errorDocument = content => `<?xml version="1.0" encoding="UTF-8"?>\n${element('Error', content)}`;

/** The inner texts of all elements of a name. */
export const elements = (xml, name) =>
    [...xml.matchAll(new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:\\w+:)?${name}>`, 'g'))].map(match => match[1]);

export const text = (xml, name) => {
    const [inner] = elements(xml, name);
    return inner === undefined ? undefined : unescape(inner);
};
