import { describe, expect, it } from 'vitest';
import { controlSearch, mainSearch } from '../../../src/agents/loop/run-state.js';
import { candidateOf, candidateSpace, hyperParametersOf } from '../../../src/agents/trial/candidate-space.js';
import { modelById, spaceOf } from '../../../src/models/index.js';
import type { CtrDataset } from '../../../src/schema/index.js';
import type { Job, Search } from '../../../src/search/index.js';
import { complete, validate } from '../../../src/space/index.js';
import { resolveRecipe } from '../../../src/training/index.js';
import { ctrData } from '../support/encoded-data.js';
import { settingsOf } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

const settings = settingsOf(simulatedWorld(1, 10), { rungs: [1], lag: 1 });
const plain = ctrData();
const withHistory: CtrDataset = {
  ...plain,
  fields: [
    ...plain.fields,
    { kind: 'sequence', name: 'history', vocabulary: 'item', maxLength: 10, targetField: 'item' },
  ],
};

/** The first jobs of a search, every one scored alike. */
function firstJobs(search: Search, count: number): Job[] {
  search.raise(count);
  const jobs: Job[] = [];
  for (let job = search.next(); job !== 'done'; job = search.next()) {
    if (job === 'wait') throw new Error('nothing is running');
    jobs.push(job);
    search.commit(job.index, { kind: 'score', value: 0.5 + (job.index % 7) / 100, costSeconds: 1, work: 1 });
  }
  return jobs;
}
const main = (dataset: CtrDataset, trials: number | null) =>
  mainSearch(dataset, candidateSpace(dataset), settings, trials);

describe('the main search', () => {
  it('looks first at defaults of families, with at most a quarter of the trials', () => {
    for (const trials of [3, 4, 20]) {
      const jobs = firstJobs(main(plain, trials), Math.min(trials, 12));
      const looks = jobs.filter(({ proposer }) => proposer === 'initial');
      expect(looks.length).toBeLessThanOrEqual(trials / 4);
      expect(looks).toEqual(jobs.slice(0, looks.length));
      expect(new Set(looks.map(({ assignment }) => assignment['model'])).size).toBe(looks.length);
    }
    expect(firstJobs(main(plain, 20), 1)[0].proposer).toBe('initial');
    expect(firstJobs(main(plain, null), 9).filter(({ proposer }) => proposer === 'initial').length).toBe(8);
  });

  it('looks at families of behaviour only where there is behaviour', () => {
    const looked = (dataset: CtrDataset) =>
      firstJobs(main(dataset, 100), 11).flatMap(({ proposer, assignment }) =>
        proposer === 'initial' ? [assignment['model']] : [],
      );
    expect(looked(withHistory)).toEqual(expect.arrayContaining(['din', 'bst']));
    expect(looked(plain)).not.toContain('din');
    expect(looked(plain)).not.toContain('bst');
  });

  it('proposes what can be trained, first looks among it', () => {
    for (const { assignment: searched } of firstJobs(main(withHistory, 20), 20)) {
      const { model, assignment } = candidateOf(searched);
      const entry = modelById(model, 'ctr');
      const own = hyperParametersOf(assignment);
      expect(() => validate(spaceOf(entry), complete(spaceOf(entry), own))).not.toThrow();
      expect(() => resolveRecipe('ctr', assignment)).not.toThrow();
    }
  });

  it('gives random its fixed fifth, and more while the others have nothing to say', () => {
    const search = main(plain, 4);
    const jobs = firstJobs(search, 30);
    const drawn = search.history().filter(({ proposer, warmup }) => proposer === 'random' || warmup);
    expect(jobs.length).toBe(30);
    expect(drawn.length).toBeGreaterThanOrEqual(6);
    // Draws of proposers that had nothing to say yet are told as what they are.
    expect(jobs.filter(({ proposer }) => proposer === 'random').length).toBeGreaterThan(6);
  });
});

describe('the control', () => {
  it('is random alone, in the same space, and not the same draws as the main search', () => {
    const space = candidateSpace(plain);
    const jobs = firstJobs(controlSearch(space, settings), 30);
    expect(new Set(jobs.map(({ proposer }) => proposer))).toEqual(new Set(['random']));
    for (const { assignment } of jobs) expect(() => validate(space, assignment)).not.toThrow();
    const hashes = new Set(jobs.map(({ hash }) => hash));
    expect(hashes.size).toBe(30);
    expect(firstJobs(controlSearch(space, settings), 30).map(({ hash }) => hash)).toEqual([...hashes]);
    const drawn = firstJobs(main(plain, 4), 20).filter(({ proposer }) => proposer === 'random');
    expect(drawn.length).toBeGreaterThan(2);
    expect(drawn.filter(({ hash }) => hashes.has(hash))).toEqual([]);
  });
});
