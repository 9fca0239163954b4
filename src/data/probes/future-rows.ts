import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { config as machine, removeQuietly } from '../../platform/index.js';
import {
  FIRST_VALUE_ID,
  type CtrBlock,
  type CtrDataset,
  type EncodedDataset,
  type NextItemDataset,
  type Probe,
  type ProjectConfig,
} from '../../schema/index.js';
import { openDataset } from '../open-dataset.js';
import { prepareDataset } from '../prepare-dataset.js';
import { poisonRows, writeFutureProjects } from './poisoned-project.js';
import type { TableSubject } from './table-subject.js';

/** Turns a project into an encoded dataset; replaced in tests by one that looks ahead. */
export type Encode = (projectDir: string, config: ProjectConfig) => Promise<EncodedDataset>;

const encode: Encode = async (projectDir, config) => {
  const { dir } = await prepareDataset({ projectDir, config, cacheDir: join(projectDir, 'datasets') });
  return openDataset(dir);
};

/**
 * Encodes some users' events as the project does, once as they are and once with absurd rows after the last of them, in the
 * events and in every dated table. Nothing that was prepared for an earlier row may change: neither ids of values, numbers,
 * lists and histories, nor what a next-item model sees of a user.
 */
export const futureRowsWith = (encodeProject: Encode): Probe<TableSubject> => ({
  name: 'future-rows',
  question: 'Do rows that are appended in the far future change what was prepared before them?',
  lacks: ({ log, config }) => {
    if (!log.timed || config.clock === undefined) return 'the events have no clock';
    const unit = config.columns[`${log.table.name}.${config.clock}`]?.unit ?? '';
    return unit.includes('/') ? `times written ${unit} cannot be made up` : undefined;
  },
  async run(subject) {
    const folder = mkdtempSync(join(machine.tempDir, 'automodel-future-'));
    try {
      const [clean, poisoned] = await writeFutureProjects(subject, folder);
      const before = await encodeProject(clean.dir, clean.config);
      const after = await encodeProject(poisoned.dir, poisoned.config);
      const changed = changes(before, after);
      if (changed.length === 0) return [];
      return [
        {
          severity: 'high',
          columns: [],
          evidence: `after ${poisonRows} absurd rows were appended in the far future, earlier rows changed in: ${changed.join(', ')}`,
          remedy:
            'What is prepared for a row must be fitted on training rows and on what lies before it; report this encoding.',
        },
      ];
    } finally {
      removeQuietly(folder);
    }
  },
});

export const futureRows: Probe<TableSubject> = futureRowsWith(encode);

/** Names of what differs for rows that both datasets have. */
export function changes(before: EncodedDataset, after: EncodedDataset): string[] {
  if (before.task === 'next-item' || after.task === 'next-item')
    return before.task === after.task
      ? changedSequences(before as NextItemDataset, after as NextItemDataset)
      : ['task'];
  const [old, now] = [rowsOf(before), rowsOf(after)];
  const changed = new Set<string>();
  for (const [row, cells] of old) {
    const others = now.get(row);
    if (others === undefined) changed.add('its split');
    for (const [name, cell] of cells)
      if (others !== undefined && others.get(name) !== cell) changed.add(name);
  }
  return [...changed].toSorted();
}

/** Row number → field → what was encoded, as text. */
function rowsOf(dataset: CtrDataset): Map<number, Map<string, string>> {
  const rows = new Map<number, Map<string, string>>();
  for (const source of [dataset.train, dataset.validation, dataset.test]) {
    for (let b = 0; b < source.blockCount; b += 1) {
      const block = source.block(b);
      for (let at = 0; at < block.rows; at += 1)
        rows.set(block.rowIds[at], new Map([['its split', source.name], ...cellsOf(block, at)]));
    }
  }
  return rows;
}

function cellsOf(block: CtrBlock, at: number): [string, string][] {
  const single = [...block.ids, ...block.numeric].map(([name, values]): [string, string] => [
    name,
    String(values[at]),
  ]);
  const lists = [...block.ragged].map(([name, { values, begins, ends }]): [string, string] => [
    name,
    values.subarray(begins[at], ends[at]).join(' '),
  ]);
  return [...single, ...lists];
}

function changedSequences(before: NextItemDataset, after: NextItemDataset): string[] {
  const changed = new Set<string>();
  if (before.itemCount > after.itemCount) changed.add('the item vocabulary');
  for (let user = 0; user < before.userCount; user += 1) {
    const [old, now] = [before, after].map(({ events, offsets }) =>
      events.subarray(offsets[user], offsets[user + 1]).join(' '),
    );
    if (old !== now) changed.add('what is seen of a user');
    const ends = [before, after].map(({ trainEnds, offsets }) => trainEnds[user] - offsets[user]);
    if (ends[0] !== ends[1]) changed.add('what is trained on');
  }
  const targets = [before, after].map(({ validation }) =>
    [...(validation.targets ?? [])].filter((id) => id >= FIRST_VALUE_ID).join(' '),
  );
  if (targets[0] !== targets[1]) changed.add('validation targets');
  return [...changed].toSorted();
}
