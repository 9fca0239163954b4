import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { canonicalJson, sha256 } from '../platform/index.js';
import type { DatasetContract, ProjectConfig, SplitName } from '../schema/index.js';
import { eventTable, resolveTable } from './project-files.js';
import { formatSplit, parseSplit } from './split-rule.js';

/** Changes when the same configuration of a task would be encoded otherwise. */
const encoderVersions: Readonly<Record<DatasetContract['task'], number>> = {
  ctr: 2,
  rating: 2,
  'next-item': 2,
};

/** Files up to this size are hashed whole; of larger ones 256 slices and the length. */
const wholeBytes = 256 << 20;
const sliceBytes = 1 << 20;

/** A hash of a file's content; of very large files a hash of 256 evenly spaced mebibytes and the size. */
export function fingerprint(path: string): string {
  const { size } = statSync(path);
  const hash = createHash('sha256').update(String(size));
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(sliceBytes);
    const slices = size <= wholeBytes ? Math.ceil(size / sliceBytes) : 256;
    const stride = size <= wholeBytes ? sliceBytes : (size - sliceBytes) / 255;
    for (let i = 0; i < slices; i += 1) {
      const got = readSync(descriptor, buffer, 0, sliceBytes, Math.floor(i * stride));
      hash.update(buffer.subarray(0, got));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

/** What the label is, in words: "is_click", "rating>=4", "next item". */
export function labelText(config: ProjectConfig): string {
  if (config.task === 'next-item') return config.label?.positive ?? 'next item';
  return config.label?.positive ?? config.label?.column ?? '';
}

export interface Hashes {
  /** equal for everything that two scores may be compared under */
  readonly contract: string;
  /** equal for everything that is encoded alike: contract, inputs and their encodings */
  readonly encoding: string;
}

/**
 * The contract covers what is judged (events, split, label, duplicates); the encoding also covers what models see. Two sets
 * of features under one contract are comparable and lie in two folders.
 */
export function hashProject(projectDir: string, config: ProjectConfig): Hashes {
  const events = config.tables[eventTable(config)];
  const rule = parseSplit(config.split);
  const ratingRange = config.task === 'rating' ? config.label?.range : undefined;
  const idOf = (role: string): string[] =>
    Object.entries(config.columns)
      .filter(([key, column]) => column.role === role && key.startsWith(`${eventTable(config)}.`))
      .map(([key]) => key);
  const contract = sha256(
    canonicalJson({
      task: config.task,
      split: formatSplit(rule),
      // a time split depends on which column is the clock
      clock: rule.kind === 'time' || rule.kind === 'leave-one-out' ? config.clock : undefined,
      label: config.label && { ...config.label, range: ratingRange },
      users: idOf('user_id'),
      items: config.task === 'next-item' ? [idOf('item_id'), config.minCount] : undefined,
      duplicates: config.duplicates,
      files: resolveTable(projectDir, events).map(fingerprint),
    }),
  );
  const sides = Object.entries(config.tables)
    .filter(([, table]) => table.kind === 'entity' || table.kind === 'dated')
    .map(([name, table]) => [name, resolveTable(projectDir, table).map(fingerprint)]);
  const inputs = Object.entries(config.columns).map(([key, column]) => [
    key,
    column.role,
    column.type,
    column.unit,
    column.encoding,
  ]);
  const encoding = sha256(
    canonicalJson({
      contract,
      encoderVersion: encoderVersions[config.task],
      inputs: inputs.map((row) => row.map((cell) => cell ?? null)),
      tables: Object.entries(config.tables).map(([name, { kind, format, csv, join, asOf }]) => ({
        name,
        kind,
        format,
        csv,
        join,
        asOf,
      })),
      sides,
      extraLabels: config.extraLabels,
      clock: config.clock,
      minCount: config.minCount,
      history: config.history,
      timeFeatures: config.timeFeatures,
      label: config.label,
    }),
  );
  return { contract, encoding };
}

export function makeContract(
  config: ProjectConfig,
  hash: string,
  rows: Readonly<Record<SplitName, number>>,
  clusterBy: DatasetContract['clusterBy'],
): DatasetContract {
  return {
    hash,
    task: config.task,
    split: formatSplit(parseSplit(config.split)),
    regime: 'frozen',
    label: labelText(config),
    candidateSet: config.task === 'next-item' ? 'all-items' : 'impressions',
    duplicates: config.duplicates === 'drop' ? 'dropped' : 'kept',
    rows,
    clusterBy,
  };
}
