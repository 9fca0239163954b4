import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { RunJournal } from '../../../src/agents/loop/run-journal.js';
import { openJournal, readAll } from '../../../src/journal/index.js';
import { projectPaths, SalvageResult } from '../../../src/schema/index.js';
import { crashingRun } from '../support/crashing-run.js';
import { simulatedWorld } from '../support/simulated-world.js';
import { storedCalibration } from '../support/stored-calibration.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));
const world = simulatedWorld(12, 40);
const { hash: contractHash } = world.dataset.contract;
const projectDir = join(folder, 'project');
const { journal: path, state } = projectPaths(projectDir);
const { io } = listeningIo();
const calibration = storedCalibration(world);
const opening = { contractHash, keys: ['of a command'] };

beforeAll(async () => {
  const run = await crashingRun({
    world,
    script: { quality: ({ model }) => (model === 'lr' ? 0.2 : 2) },
    folder: join(folder, 'predictions'),
    grants: [{ trials: 3, minutes: null }],
    settings: { nullSeed: 1 },
    crashes: [],
  });
  mkdirSync(state, { recursive: true });
  const journal = await openJournal({ path });
  for (const { kind, payload } of run.events) await journal.append(kind, payload);
  await journal.append('test-opened', { runId: 'train', decision: opening });
  await journal.append('model-tuned', {
    runId: 'train',
    decision: { contractHash, model: 'fm', assignment: { dim: 8 } },
  });
  await journal.append('noise-calibrated', { runId: 'calibrate', decision: { calibration, told: {} } });
  await journal.close();
});

async function memory() {
  const journal = await openJournal({ path, mode: 'read' });
  try {
    return { events: await readAll(journal), run: await RunJournal.open(journal) };
  } finally {
    await journal.close();
  }
}

describe('salvage', () => {
  it('says of a whole journal that it is one (control)', async () => {
    const { events } = await memory();
    const result = await operations.salvage({ projectDir }, io);
    expect(result).toEqual({
      journal: path,
      events: events.length,
      laterFacts: 0,
      damage: null,
      damagedCopy: null,
    });
  });

  it('keeps decisions before the damage and facts after it: no training twice, no opening forgotten', async () => {
    const before = await memory();
    const committed = before.events.find(({ kind }) => kind === 'trial-committed');
    if (committed === undefined) throw new Error('the run committed nothing');
    const bytes = readFileSync(path);
    bytes[bytes.lastIndexOf(committed.hash)] = 0xff;
    writeFileSync(path, bytes);
    const result = await operations.salvage({ projectDir }, io);
    expect(SalvageResult.safeParse(result).error).toBeUndefined();
    expect(result.events).toBe(committed.seq - 1);
    expect(result.damage).toContain(`event ${committed.seq}`);
    expect(existsSync(result.damagedCopy ?? '')).toBe(true);

    const after = await memory();
    const results = (events: typeof before.events) =>
      events.filter(({ kind }) => kind === 'trial-result').length;
    const lost = before.events.slice(committed.seq).length;
    expect(results(before.events)).toBeGreaterThan(20);
    // The event behind a broken one cannot be checked against it.
    expect(results(after.events)).toBeGreaterThanOrEqual(results(before.events) - 1);
    expect(result.laterFacts).toBeLessThan(lost);
    expect(after.run.testOpenings(contractHash)).toBe(before.run.testOpenings(contractHash));
    expect(after.run.tunedAssignment(contractHash, 'fm')).toEqual({ dim: 8 });
    const { encoding, engine } = calibration;
    expect(after.run.calibrations(contractHash, encoding, engine)).toEqual([calibration]);
    const decisions = (of: typeof before) => of.run.decisions('run-1').map(({ kind }) => kind);
    expect(decisions(after)).toEqual(decisions(before).slice(0, decisions(after).length));
    expect(decisions(after)).not.toContain('run-concluded');
  });
});
