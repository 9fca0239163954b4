import { canonicalJson, sha256 } from '../platform/index.js';
import type { JournalEvent } from './journal.js';

/** What of an event says how a run went rather than what it decided. */
export interface ProjectionRules {
  /**
   * Per event kind (or `*` for every kind) the payload members to drop, as dotted paths; `*` stands for every member
   * or element: `outcome.cost`, `leaders.*.seconds`. Times, durations, cost, host, process ids, attempts.
   */
  readonly volatile: Readonly<Record<string, readonly string[]>>;
  /** kinds that depend on interruptions only: engine started, run resumed, progress */
  readonly ignoredKinds: readonly string[];
  /** drops single events, for example `isInfrastructureFault` */
  readonly ignore?: (event: JournalEvent) => boolean;
}

export interface CanonicalEvent {
  readonly kind: string;
  readonly payload: unknown;
  /** position (from 1) in the projection of the nearest kept ancestor */
  readonly parent: number | null;
}

export interface CanonicalProjection {
  readonly state: readonly CanonicalEvent[];
  /** SHA-256 of the state's canonical JSON: equal hashes mean that two runs are in the same state */
  readonly hash: string;
}

/**
 * The part of a run that must be equal whenever seed, contract and budget are equal, however often it was interrupted.
 * Event ids carry times, so a reference to one (parent, or a whole string in a payload) becomes its place in the state.
 */
export function projectCanonical(
  events: Iterable<JournalEvent>,
  rules: ProjectionRules,
): CanonicalProjection {
  const ignoredKinds = new Set(rules.ignoredKinds);
  const places = new Map<string, number | null>();
  const state: CanonicalEvent[] = [];
  for (const event of events) {
    const parent = event.parent === null ? null : (places.get(event.parent) ?? null);
    if (ignoredKinds.has(event.kind) || rules.ignore?.(event) === true) {
      places.set(event.id, parent);
      continue;
    }
    const paths = [...(rules.volatile['*'] ?? []), ...(rules.volatile[event.kind] ?? [])].map((path) =>
      path.split('.'),
    );
    state.push({ kind: event.kind, payload: reduce(event.payload, paths, places), parent });
    places.set(event.id, state.length);
  }
  return { state, hash: sha256(canonicalJson(state)) };
}

function reduce(
  value: unknown,
  paths: readonly (readonly string[])[],
  places: ReadonlyMap<string, number | null>,
): unknown {
  if (typeof value === 'string' && places.has(value)) return { event: places.get(value) };
  if (typeof value !== 'object' || value === null) return value;
  const below = (key: string) => paths.filter((path) => path[0] === key || path[0] === '*');
  const dropped = (key: string) => below(key).some((path) => path.length === 1);
  const inner = (key: string, member: unknown) =>
    reduce(
      member,
      below(key).map((path) => path.slice(1)),
      places,
    );
  if (Array.isArray(value)) {
    return value.flatMap((member: unknown, index) =>
      dropped(String(index)) ? [] : [inner(String(index), member)],
    );
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
      dropped(key) ? [] : [[key, inner(key, member)]],
    ),
  );
}

/** True for an event whose payload is, or has as `outcome`, a fault of the infrastructure: such a trial is run again. */
export function isInfrastructureFault(event: JournalEvent): boolean {
  return isFault(event.payload) || isFault((event.payload as { outcome?: unknown } | null)?.outcome);
}

function isFault(value: unknown): boolean {
  const fault = value as { kind?: unknown; infrastructure?: unknown } | null | undefined;
  return fault?.kind === 'fault' && fault.infrastructure === true;
}
