import { createHash } from 'node:crypto';

/** Hex SHA-256 of text or bytes. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * JSON with sorted keys and no spaces: equal values give equal text. Undefined members are left out; NaN throws, and so
 * do maps, dates and typed arrays, whose content is not in their members and would vanish from the text.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`canonicalJson: ${value} has no JSON form`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value))
    return `[${Array.from(value, (v: unknown) => canonicalJson(v ?? null)).join(',')}]`;
  if (Object.prototype.toString.call(value) === '[object Object]') {
    const members = Object.entries(value as object)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`canonicalJson: ${Object.prototype.toString.call(value)} has no JSON form`);
}
