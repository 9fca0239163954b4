import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll } from 'vitest';
import { AutoModelError } from '../../src/platform/index.js';
import {
  inferProject,
  prepareDataset,
  type InferOptions,
  type PreparedDataset,
} from '../../src/data/index.js';
import type { CtrBlock, ProjectConfig, Ragged } from '../../src/schema/index.js';

/** Rows of a file, column by column name; null is an empty cell. */
export type Rows = readonly Readonly<Record<string, string | number | null>>[];

const folders: string[] = [];

/** A new empty folder, removed after the file's tests. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'automodel-test-'));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function cell(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvText(rows: Rows): string {
  const names = Object.keys(rows[0]);
  const lines = rows.map((row) => names.map((name) => cell(row[name])).join(','));
  return `${[names.map(cell).join(','), ...lines].join('\n')}\n`;
}

/** Writes files into a new project folder; a value that is rows becomes CSV. */
export function project(files: Readonly<Record<string, Rows | string | Uint8Array>>): {
  dir: string;
  paths: string[];
} {
  const dir = newFolder();
  const paths = Object.entries(files).map(([name, content]) => {
    const path = join(dir, name);
    mkdirSync(join(path, '..'), { recursive: true });
    const plain = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, plain ? content : csvText(content));
    return path;
  });
  return { dir, paths };
}

export async function infer(
  files: Readonly<Record<string, Rows | string | Uint8Array>>,
  options: Partial<InferOptions> = {},
): Promise<Awaited<ReturnType<typeof inferProject>> & { dir: string; paths: string[] }> {
  const made = project(files);
  const found = await inferProject({
    files: made.paths.filter((path) => !path.endsWith('dataset.json')),
    projectDir: made.dir,
    useDatasetJson: true,
    ...options,
  });
  return { ...found, ...made };
}

export async function prepare(
  dir: string,
  config: ProjectConfig,
  blockRows?: number,
): Promise<PreparedDataset> {
  return prepareDataset({ projectDir: dir, config, cacheDir: join(dir, 'cache'), blockRows });
}

/** The error a promise ends with; fails when it does not or when it is none of ours. */
export async function faultOf(work: Promise<unknown>): Promise<AutoModelError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof AutoModelError) return outcome;
  throw new Error(`expected an AutoModelError, got ${String(outcome)}`, { cause: outcome });
}

export function listAt(ragged: Ragged | undefined, row: number): number[] {
  if (ragged === undefined) throw new Error('no such list');
  return [...ragged.values.subarray(ragged.begins[row], ragged.ends[row])];
}

/** Row id → position in the block. */
export function positions(block: CtrBlock): Map<number, number> {
  return new Map([...block.rowIds].map((row, index) => [row, index]));
}

/** Every file below a folder with its bytes as base64, by relative path. */
export function snapshot(dir: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(dir, path), readFileSync(path).toString('base64'));
  }
  return files;
}

/** A small impression log: users u0.., items i0.., one event a minute, label by a fixed rule. */
export function impressions(
  count: number,
  change: (row: Record<string, string | number | null>, index: number) => void = () => {},
): Rows {
  return Array.from({ length: count }, (_, i) => {
    const row: Record<string, string | number | null> = {
      user_id: `u${(i * 7) % 11}`,
      item_id: `i${(i * 5) % 13}`,
      timestamp: 1_600_000_000 + i * 60,
      place: ['home', 'search', 'feed'][(i * i) % 3],
      price: (i * 37) % 101,
      label: (i * i + 3 * i) % 4 === 0 ? 1 : 0,
    };
    change(row, i);
    return row;
  });
}
