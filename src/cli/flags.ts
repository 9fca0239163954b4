import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Assignment } from '../schema/index.js';

/** Parsers of flag values; each refuses with a sentence that completes "argument 'x' is invalid." */

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Give a whole number from 1.');
  return value;
}

/** A number of seeds over which a spread is taken. */
export function seedCount(text: string): number {
  const value = positiveInteger(text);
  if (value < 2) throw new InvalidArgumentError('Give a whole number from 2: one seed has no spread.');
  return value;
}

export function wholeNumber(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Give a whole number from 0.');
  return value;
}

export function portNumber(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Give a number above 0.');
  return value;
}

/** Any number, for means and lifts. */
export function signedNumber(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('Give a number.');
  return value;
}

/** A number of at least zero, for gains: zero accepts every significant gain. */
export function gain(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('Give a number from 0.');
  return value;
}

/** Gathers `k=v` pairs: true/false and plain numbers are read as such, anything else is text. */
export function assignmentPair(text: string, gathered: Assignment = {}): Assignment {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give name=value.');
  const name = text.slice(0, at);
  if (Object.hasOwn(gathered, name)) throw new InvalidArgumentError(`${name} is given twice.`);
  return Object.fromEntries([...Object.entries(gathered), [name, assignedValue(text.slice(at + 1))]]);
}

function assignedValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** A folder that was named: an empty name (of an unset variable) would mean the working directory without a word. */
export function projectFolder(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Name a folder; leave the flag out for this one.');
  return text;
}

/** Paths on the command line are relative to where the person stands, not to the project. */
export function pathFrom(workingDirectory: string): (text: string) => string {
  return (text) => resolve(workingDirectory, text);
}

/** A word as a POSIX shell reads it back. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
