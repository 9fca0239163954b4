import type { Refusal } from './refusal.js';

/** Objects and lists inside each other at most: deeper ones would overflow the stack of whoever writes them out again. */
const DEEPEST = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true });

export type ReadBody = { readonly value: unknown } | { readonly refusal: Refusal };

/**
 * The JSON of a body. Its bytes are counted while they come, so that a body without a length cannot fill the memory. Refused: other
 * media types (a page of another site can send only those without asking first), invalid UTF-8, members named __proto__.
 */
export async function readBody(request: Request, mostBytes: number): Promise<ReadBody> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type))
    return {
      refusal: {
        status: 415,
        code: 'MEDIA_TYPE',
        message: 'The body is not said to be JSON',
        remedy: 'Send the header content-type: application/json.',
      },
    };
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readBytes(request, mostBytes);
  } catch {
    // Whoever sent it has gone and will not read this either.
    return { refusal: invalid('The body broke off', 'Send it again.') };
  }
  if (bytes === undefined)
    return {
      refusal: {
        status: 413,
        code: 'BODY_TOO_LARGE',
        message: `The body has more than ${mostBytes} bytes`,
        remedy: 'Send less at once.',
        details: { limit: mostBytes },
      },
    };
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not valid JSON' : 'is not valid UTF-8';
    return { refusal: invalid(`The body ${reason}`, 'Send one JSON object.') };
  }
  const flaw = flawOf(value);
  return flaw === undefined ? { value } : { refusal: invalid(`The body ${flaw}`, 'Leave it out.') };
}

/** Undefined when there are too many. */
async function readBytes(request: Request, mostBytes: number): Promise<Uint8Array | undefined> {
  const length = request.headers.get('content-length');
  if (length !== null && !request.headers.has('transfer-encoding'))
    return Number(length) > mostBytes ? undefined : new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part?.value === undefined) return Buffer.concat(chunks);
    size += part.value.length;
    if (size > mostBytes) {
      await reader?.cancel();
      return undefined;
    }
    chunks.push(part.value);
  }
}

function flawOf(value: unknown): string | undefined {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return `has more than ${DEEPEST} objects and lists inside each other`;
    const next: unknown[] = [];
    for (const container of level) {
      if (typeof container !== 'object' || container === null) continue;
      if (Object.hasOwn(container, '__proto__')) return 'has a member named __proto__';
      for (const inner of Array.isArray(container) ? container : Object.values(container))
        if (typeof inner === 'object' && inner !== null) next.push(inner);
    }
    level = next;
  }
  return undefined;
}

function invalid(message: string, remedy: string): Refusal {
  return { status: 400, code: 'BODY_INVALID', message, remedy };
}
