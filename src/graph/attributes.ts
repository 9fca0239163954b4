import { AutoModelError } from '../platform/index.js';
import type { Dim } from './dims.js';
import type { Attribute, Attributes } from './node.js';

function wrong(name: string, value: Attribute | undefined, wanted: string): never {
  throw new AutoModelError(
    'INTERNAL',
    `attribute "${name}" should be ${wanted} but is ${JSON.stringify(value)}`,
  );
}

export function numberOf(attrs: Attributes, name: string): number {
  const value = attrs[name];
  return typeof value === 'number' ? value : wrong(name, value, 'a number');
}

export function textOf(attrs: Attributes, name: string): string {
  const value = attrs[name];
  return typeof value === 'string' ? value : wrong(name, value, 'a string');
}

export function flagOf(attrs: Attributes, name: string): boolean {
  const value = attrs[name];
  return typeof value === 'boolean' ? value : wrong(name, value, 'a boolean');
}

export function dimsOf(attrs: Attributes, name: string): readonly Dim[] {
  const value = attrs[name];
  return Array.isArray(value) ? value : wrong(name, value, 'a list');
}

export function dimOf(attrs: Attributes, name: string): Dim {
  const value = attrs[name];
  return typeof value === 'number' || typeof value === 'string' ? value : wrong(name, value, 'a dimension');
}

export function numbersOf(attrs: Attributes, name: string): readonly number[] {
  return dimsOf(attrs, name).map((value) =>
    typeof value === 'number' ? value : wrong(name, value, 'a list of numbers'),
  );
}

/** The attributes as JSON can tell them apart: an open end of a range (infinity) becomes its name, not null. */
export function writableAttributes(attrs: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attrs).map(([name, value]) => [
      name,
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ]),
  );
}
