/**
 * A search that re-selects on the test split. Seen in systems of this kind: every candidate is scored on the test split "for
 * information", and the one that is reported, or the parent of the next, is the one whose test score is best.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { hashKeys } from '../../src/platform/index.js';
import type { TrialRequest } from '../../src/schema/index.js';
import { crashingRun } from '../agents/support/crashing-run.js';
import { simulatedWorld } from '../agents/support/simulated-world.js';
import { removeFolder, temporaryFolder } from '../agents/tiny-project.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

/** What the scorer process says of the test split. Any story may be told here; nothing that is chosen may change. */
const told = vi.hoisted(() => ({ story: 0 }));
vi.mock('../../src/agents/evaluation/open-test.js', () => ({
  scoreTest: async (_place: unknown, groups: readonly (readonly string[])[]) =>
    groups.map((keys) =>
      keys.map((key) => {
        const perCluster = Float64Array.from(
          { length: 80 },
          (_, i) => (hashKeys(told.story, key, i) % 100) / 1e4,
        );
        return { auc: { value: 0.4 + (hashKeys(told.story, key) % 1000) / 2000, clusters: 80, perCluster } };
      }),
    ),
}));
vi.mock('../../src/agents/loop/refit.js', () => ({
  refit: async (
    { log }: { log: { record: (kind: string, payload: object) => Promise<object> } },
    candidate: object,
  ) => {
    await log.record('refit-finished', { artefact: 'a', candidate });
  },
}));

const choices = [
  'trial-proposed',
  'trial-committed',
  'search-analysed',
  'leaders-raced',
  'gate-looked',
  'incumbent-changed',
];
const quality = ({ model, assignment }: TrialRequest) =>
  model === 'lr' ? 0 : 1 + (hashKeys(model, Object.keys(assignment).length) % 100) / 25;
const runOf = (story: number) => {
  told.story = story;
  return crashingRun({
    world: simulatedWorld(6, 80),
    script: { quality },
    folder: `${folder}/${story}`,
    // Topped up twice, after test scores were seen: the place where a search would turn to them.
    grants: [4, 3, 3].map((trials) => ({ trials, minutes: null })),
    crashes: [],
  });
};

describe('the test split', () => {
  it('says whatever it likes: proposals, race, gate, winner and refit stay the same', async () => {
    const [one, two] = [await runOf(1), await runOf(2)];
    const chosen = ({ events }: typeof one) =>
      events
        .filter(({ kind }) => [...choices, 'refit-finished'].includes(kind))
        .map(({ kind, payload }) => [kind, payload]);
    expect(chosen(one).length).toBeGreaterThan(20);
    expect(chosen(two)).toEqual(chosen(one));
    const concluded = ({ events }: typeof one) =>
      events.filter(({ kind }) => kind === 'run-concluded').map(({ payload }) => payload);
    // The stories did differ: the reported scores do.
    expect(concluded(two)).not.toEqual(concluded(one));
  });

  it('is opened after the last decision of a grant, for what was chosen by then, and for nothing else', async () => {
    const { events, requests } = await runOf(1);
    const kinds = events.map(({ kind }) => kind);
    const openings = kinds.flatMap((kind, i) => (kind === 'test-opened' ? [i] : []));
    expect(openings.length).toBeGreaterThan(0);
    for (const at of openings) {
      const end = kinds.indexOf('grant-spent', at);
      expect(kinds.slice(at, end).filter((kind) => choices.includes(kind))).toEqual([]);
      const { keys } = (events[at].payload as { decision: { keys: string[] } }).decision;
      const asked = requests.filter(({ key }) => keys.includes(key));
      // Baseline, best and floors: a handful, not the candidates of the search.
      expect(new Set(asked.map(({ model }) => model)).size).toBeLessThanOrEqual(5);
      expect(asked.every(({ predictTest, fidelity }) => predictTest && fidelity === 1)).toBe(true);
    }
  });

  it('is not even predicted for a candidate that is being searched', async () => {
    const { events, requests } = await runOf(1);
    const opened = new Set(
      events.flatMap(({ kind, payload }) =>
        kind === 'test-opened' ? (payload as { decision: { keys: string[] } }).decision.keys : [],
      ),
    );
    expect(requests.filter(({ predictTest, key }) => predictTest && !opened.has(key))).toEqual([]);
    expect(requests.filter(({ predictTest }) => !predictTest).length).toBeGreaterThan(20);
  });

  it('is never named to a trial: no request says where the sealed labels lie, no trial worker can open them', async () => {
    const { requests } = await runOf(1);
    expect(JSON.stringify(requests)).not.toMatch(/sealed/i);
    // Beside test/agents/trial/seal.test.ts (a trial does all its work where the sealed folder is not) and
    // test/architecture (only the scorer and the refit may call openSealed).
    expect(readFileSync('src/agents/trial/trial-worker.ts', 'utf8')).not.toMatch(/openSealed/);
    expect(readFileSync('src/agents/trial/run-trial.ts', 'utf8')).not.toMatch(/openSealed/);
  });
});
