import { AutoModelError, canonicalJson, sha256 } from '../platform/index.js';
import type { JournalEvent, JournalHead } from './journal.js';

/** The hash before the first event. */
export const genesis: JournalHead = { seq: 0, hash: sha256('automodel-journal/1') };

const ID_DIGITS = 24;

/** An event as it is stored: the payload as canonical JSON text, so that what was hashed is what is kept. */
export interface StoredEvent {
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly kind: string;
  readonly payload: string;
  readonly parent: string | null;
  readonly hash: string;
}

export interface EventDraft {
  readonly at: number;
  readonly kind: string;
  readonly payload: unknown;
  readonly parent: string | null;
}

/** Makes the event that follows `previous`. `at` is held at the previous event's when the clock went back. */
export function sealEvent(draft: EventDraft, previous: JournalHead, previousAt: number): StoredEvent {
  if (draft.kind === '') throw new AutoModelError('INTERNAL', 'A journal event needs a kind');
  const payload = payloadText(draft);
  const content = {
    seq: previous.seq + 1,
    at: Math.max(Math.trunc(draft.at), previousAt),
    kind: draft.kind,
    payload,
    parent: draft.parent,
  };
  const id = contentId(previous.hash, content);
  return { ...content, id, hash: chainHash(previous.hash, { ...content, id }) };
}

function payloadText(draft: EventDraft): string {
  try {
    return canonicalJson(draft.payload);
  } catch (cause) {
    throw new AutoModelError(
      'INTERNAL',
      `Payload of ${draft.kind} has no JSON form: ${(cause as Error).message}`,
      {
        remedy: 'Record a fault instead of a value that is not finite.',
        details: { kind: draft.kind },
        cause,
      },
    );
  }
}

type EventContent = Omit<StoredEvent, 'id' | 'hash'>;

function contentId(previousHash: string, content: EventContent): string {
  const { seq, at, kind, payload, parent } = content;
  return sha256(`${previousHash}\nid\n${canonicalJson({ seq, at, kind, payload, parent })}`).slice(
    0,
    ID_DIGITS,
  );
}

function chainHash(previousHash: string, event: Omit<StoredEvent, 'hash'>): string {
  const { seq, id, at, kind, payload, parent } = event;
  return sha256(`${previousHash}\n${canonicalJson({ seq, id, at, kind, payload, parent })}`);
}

/** What is wrong with an event that should follow `previousHash` as number `seq`, or undefined when it is whole. */
export function brokenness(event: StoredEvent, seq: number, previousHash: string): string | undefined {
  if (event.seq !== seq) return `event ${seq} is missing`;
  if (event.hash !== chainHash(previousHash, event)) return `event ${seq} does not match its hash`;
  return undefined;
}

/** The event as callers see it. The payload is parsed anew, so a caller cannot change what others read. */
export function openEvent(stored: StoredEvent): JournalEvent {
  const { seq, id, at, kind, payload, parent, hash } = stored;
  return { seq, id, at, kind, payload: JSON.parse(payload) as unknown, parent, hash };
}
