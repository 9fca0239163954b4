import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../src/agents/index.js';
import { encodedProject, openProject } from '../../src/agents/project/open-project.js';
import { openDataset, openSealed } from '../../src/data/index.js';
import { modelById, spaceOf } from '../../src/models/index.js';
import { Rng } from '../../src/platform/index.js';
import type { NextItemCases, NextItemDataset } from '../../src/schema/index.js';
import { defaults } from '../../src/space/index.js';
import { hrAtK, mrrAtK, ndcgAtK } from '../../src/stats/index.js';
import { loadArtefact } from '../../src/training/index.js';
import { listeningIo, removeFolder, temporaryFolder } from './tiny-project.js';

const minutes = 180_000;
const [users, items, turns] = [60, 40, 9];

let folder: string;
let projectDir: string;
let dataset: NextItemDataset;
/** the test cases with the targets that are sealed, as a model in production would meet them */
let opened: NextItemCases;

/** Half of all events go back to something that the user has had. */
function logText(): string {
  const rng = new Rng(['repeats']);
  const lines = ['user,item,time'];
  const had = Array.from({ length: users }, (): number[] => []);
  for (let turn = 0; turn < turns; turn += 1) {
    had.forEach((own, user) => {
      const again = own.length > 0 && rng.next() < 0.5;
      const item = again ? own[rng.integer(own.length)] : Math.floor(items * rng.next() ** 2);
      own.push(item);
      lines.push(`u${user},i${item},${1_600_000_000 + turn * 3600 + user}`);
    });
  }
  return `${lines.join('\n')}\n`;
}

beforeAll(async () => {
  folder = temporaryFolder();
  projectDir = join(folder, 'project');
  const log = join(folder, 'log.csv');
  writeFileSync(log, logText());
  const { io } = listeningIo();
  await operations.init(
    {
      projectDir,
      files: [log],
      task: 'next-item',
      split: 'leave-one-out',
      positive: undefined,
      label: undefined,
      useDatasetJson: false,
    },
    io,
  );
  const prepared = await encodedProject(openProject(projectDir), io);
  const loaded = openDataset(prepared.dir);
  if (loaded.task !== 'next-item') throw new Error('expected next-item');
  dataset = loaded;
  opened = { ...dataset.test, targets: openSealed(prepared.dir).targets };
}, minutes);

afterAll(() => removeFolder(folder));

const historyOf = ({ users: of, historyEnds }: NextItemCases, c: number): Int32Array =>
  dataset.events.subarray(dataset.offsets[of[c]], historyEnds[c]);

function repeatsOf(cases: NextItemCases): number {
  let repeats = 0;
  for (let c = 0; c < cases.count; c += 1) if (historyOf(cases, c).includes(cases.targets![c])) repeats += 1;
  return repeats;
}

describe('logs in which users go back to items', () => {
  it('have targets in the history, in validation and in test', () => {
    for (const cases of [dataset.validation, opened]) {
      expect(repeatsOf(cases)).toBeGreaterThan(10);
      expect(repeatsOf(cases)).toBeLessThan(cases.count - 10);
    }
  });

  it.each(['popularity', 'neighbourhood', 'skip-markov', 'gru4rec'])(
    'are scored by one rule in validation and in test: %s',
    async (model) => {
      const { io } = listeningIo();
      const options = { seeds: 1, seed: 2, hyperParameters: {}, tune: 0, test: true };
      const { metrics, artefactPath } = await operations.train({ projectDir, model, ...options }, io);
      const ranks = await ranksOf(model, artefactPath ?? '');
      for (const [name, { mean }] of Object.entries(metrics.validation ?? {}))
        expect(mean).toBeCloseTo(metricOf(name, ranks.validation), 6);
      for (const [name, { mean }] of Object.entries(metrics.test ?? {}))
        expect(mean).toBeCloseTo(metricOf(name, ranks.test), 6);
      expect(Object.keys(metrics.test ?? {})).toContain('hr@20');
      // The rule matters: were targets of the history no candidates, test would read differently.
      const masked = ranks.test.map((rank, c) =>
        historyOf(opened, c).includes(opened.targets![c]) ? Number.POSITIVE_INFINITY : rank,
      );
      expect(Math.abs(metricOf('hr@20', masked) - metricOf('hr@20', ranks.test))).toBeGreaterThan(0.05);
    },
    minutes,
  );
});

const metricOf = (name: string, ranks: Float32Array): number => {
  const [metric, k] = name.split('@');
  return { hr: hrAtK, recall: hrAtK, ndcg: ndcgAtK, mrr: mrrAtK }[metric]!(ranks, Number(k));
};

/** Ranks of all targets, by a model that is told them. */
async function ranksOf(model: string, artefact: string) {
  const entry = modelById(model, 'next-item');
  if (entry.kind === 'counting' && entry.model.task === 'next-item') {
    const fitted = entry.model.fit(dataset, defaults(spaceOf(entry)), { seed: 2 });
    return { validation: fitted.rankTargets(dataset.validation), test: fitted.rankTargets(opened) };
  }
  const loaded = await loadArtefact(artefact);
  if (loaded.task !== 'next-item') throw new Error('expected next-item');
  const ranks = {
    validation: await loaded.rankTargets(dataset, dataset.validation),
    test: await loaded.rankTargets(dataset, opened),
  };
  await loaded.close();
  return ranks;
}
