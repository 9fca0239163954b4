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
  return `${JSON.stringify(envelope, writable)}\n`;
}

function writable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString();
  if (value instanceof Error) return value.message;
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}
