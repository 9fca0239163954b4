import type { CommandEnvelope, Warning } from '../schema/index.js';
import type { Failure } from './failure.js';

/** The one JSON object of a command, with a line end. Members that JSON cannot hold are written as text. */
export function formatEnvelope(
  command: string,
  result: unknown,
  warnings: readonly Warning[],
  failure: Failure | undefined,
): string {
  const envelope: CommandEnvelope = {
    schemaVersion: 1,
    command,
    ok: failure === undefined,
    result: result ?? null,
    warnings: [...warnings],
  };
  if (failure !== undefined) {
    const { code, message, remedy, details } = failure;
    envelope.error = { code, message, remedy, details: { ...details } };
  }
  return `${JSON.stringify(envelope, writer())}\n`;
}

/** A replacer that also holds for values which contain themselves: details of an error may be any object. */
function writer(): (this: unknown, key: string, value: unknown) => unknown {
  const around: unknown[] = [];
  return function (key, given) {
    const value = writable(given);
    if (typeof value !== 'object' || value === null) return value;
    // `this` is the object that holds the value: whatever lies deeper than it has been written already
    while (around.length > 0 && around[around.length - 1] !== this) around.pop();
    if (around.includes(value)) return '(contains itself)';
    around.push(value);
    return value;
  };
}

function writable(value: unknown): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Error) return value.message;
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}
