import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { auditedProject, probeNames, quickProbes } from '../../../src/agents/project/audited.js';
import { fittedProject } from '../../../src/agents/project/fitted-project.js';
import { openProject, saveProjectConfig } from '../../../src/agents/project/open-project.js';
import { readTable } from '../../../src/data/index.js';
import { openJournal, readAll } from '../../../src/journal/index.js';
import { AuditResult, type ProjectConfig } from '../../../src/schema/index.js';
import { clickLines, tinyLog, type TinyLog } from '../support/tiny-logs.js';
import { evolveOptions, listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
let log: TinyLog;

/** A copy of the label that init refuses, and that a person then takes back in. */
beforeAll(async () => {
  const [head, ...rows] = clickLines();
  const planted = rows.map((row) => `${row},${Number(row.split(',')[4]) * 2 + 1}`);
  log = await tinyLog(folder, [`${head},copy`, ...planted], 'ctr', 'time');
  configure();
});
afterAll(() => removeFolder(folder));

/** Writes the configuration with the copy as an ordinary input. */
function configure(copy: Partial<ProjectConfig['columns'][string]> = {}): void {
  const { columns } = log.project.config;
  const said = {
    ...columns['log.copy'],
    role: 'context' as const,
    confidence: 1,
    reason: 'said by you',
    ...copy,
  };
  saveProjectConfig(log.project.paths, { ...log.project.config, columns: { ...columns, 'log.copy': said } });
}

const audited = (probes?: readonly string[]) =>
  operations.audit({ projectDir: log.projectDir, probes }, listeningIo().io);

describe('audit', () => {
  it('runs every probe and names the copy of the label', async () => {
    const result = await audited();
    expect(AuditResult.safeParse(result).error).toBeUndefined();
    expect(result.probes.map(({ probe }) => probe)).toEqual(probeNames);
    expect(result.worst).toBe('high');
    expect(result.findings[0]).toMatchObject({
      probe: 'label-copy',
      severity: 'high',
      columns: ['log.copy'],
    });
    const skipped = result.probes.filter(({ outcome }) => outcome === 'skipped');
    expect(skipped.every(({ reason }) => reason !== null && reason.length > 5)).toBe(true);
    expect(skipped.map(({ probe }) => probe)).toContain('tie-order');
  });

  it('asks unchanged data once, and changed settings again', async () => {
    const first = await audited();
    const again = await audited();
    expect(again.cached).toEqual(probeNames);
    expect({ ...again, cached: [] }).toEqual({ ...first, cached: [] });
    expect((await audited(['label-copy'])).probes).toHaveLength(1);
    configure({ role: 'meta' });
    const refused = await audited(['label-copy']);
    expect(refused.cached).toEqual([]);
    expect(refused.findings).toMatchObject([{ severity: 'low' }]);
    configure({ accepted: true });
    const accepted = await audited(['label-copy']);
    expect(accepted.findings).toMatchObject([
      { severity: 'low', evidence: expect.stringContaining('accepted') },
    ]);
    configure();
    expect((await audited(['label-copy'])).cached).toEqual(['label-copy']);
  });

  it('asks again what a spoiled cache cannot tell', async () => {
    const audits = join(log.project.paths.cache, 'audits');
    for (const name of readdirSync(audits)) writeFileSync(join(audits, name), '{"label-copy": 7}');
    expect(await audited(['label-copy'])).toMatchObject({ cached: [], worst: 'high' });
  });

  it('refuses a name that is no probe', async () => {
    await expect(audited(['label-copies'])).rejects.toMatchObject({
      code: 'USAGE',
      remedy: expect.stringContaining('label-copy'),
    });
  });

  it('has names of their own for all probes, and leaves what fits a model to the command', () => {
    expect(new Set(probeNames).size).toBe(probeNames.length);
    expect(probeNames.filter((name) => !quickProbes.includes(name))).toEqual([
      'future-rows',
      'label-shuffle',
      'id-renaming',
      'tie-order',
    ]);
  });
});

describe('evolve', () => {
  /** Begins a run and ends it once its first decision is recorded. */
  async function begin(resume: boolean) {
    const controller = new AbortController();
    const heard = listeningIo(controller.signal);
    const onProgress: typeof heard.io.onProgress = (event) => {
      if (event.kind === 'run-recorded') controller.abort();
      heard.io.onProgress(event);
    };
    const options = evolveOptions(log.projectDir, { resume, trials: resume ? undefined : 2 });
    await expect(operations.evolve(options, { ...heard.io, onProgress })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    return heard;
  }

  async function starts() {
    const journal = await openJournal({ path: log.project.paths.journal, mode: 'read' });
    try {
      return (await readAll(journal))
        .filter(({ kind }) => kind === 'run-started')
        .map(({ payload }) => (payload as { decision: Record<string, never> }).decision);
    } finally {
      await journal.close();
    }
  }

  it('drops the copy before anything is encoded, says so, and keeps to it when it is resumed', async () => {
    configure();
    const { warnings } = await begin(false);
    expect(warnings.filter(({ code }) => code === 'AUDIT_DROPPED')).toMatchObject([
      { message: expect.stringContaining('log.copy') },
    ]);
    const [start] = await starts();
    const dropped = {
      table: 'log',
      column: 'copy',
      role: 'leak',
      reason: expect.stringContaining('audit, label-copy'),
    };
    expect(start['dropped']).toMatchObject([dropped]);
    expect(start['refused']).toMatchObject([dropped]);
    expect(start['warnings']).toEqual(expect.arrayContaining(warnings));
    // The user's own file stays as it is.
    expect(openProject(log.projectDir).config.columns['log.copy'].role).toBe('context');
    // Whatever the cache says by then: the run has its columns from its first decision.
    const audits = join(log.project.paths.cache, 'audits');
    for (const name of readdirSync(audits)) writeFileSync(join(audits, name), '{}');
    const resumed = await begin(true);
    expect(resumed.warnings.filter(({ code }) => code.startsWith('AUDIT'))).toEqual([]);
    expect(await starts()).toHaveLength(1);
    expect(
      resumed.events.filter((event) => event.kind === 'phase' && event.name.startsWith('Audit')),
    ).toEqual([]);
  });

  it('keeps a column that a person has accepted', async () => {
    configure({ accepted: true });
    const { warnings } = await begin(false);
    expect(warnings.filter(({ code }) => code.startsWith('AUDIT'))).toEqual([]);
    expect((await starts()).at(-1)?.['dropped']).toEqual([]);
  });

  it('asks only probes over tables, and those once', async () => {
    configure();
    const project = openProject(log.projectDir);
    await auditedProject(project, listeningIo().io, quickProbes);
    const { events } = await begin(false);
    expect(events.some((event) => event.kind === 'phase' && event.name.startsWith('Audit'))).toBe(false);
    expect(existsSync(log.project.paths.artefacts)).toBe(false);
  });

  it('leaves an artefact that scores rows without the column, which automodel.json still has', async () => {
    configure({ role: 'leak' });
    const options = { model: 'deepfm', seeds: 1, seed: 4, hyperParameters: {}, tune: 0, test: false };
    await operations.train({ ...options, projectDir: log.projectDir }, listeningIo().io);
    configure();
    const scored = async (name: string, lines: readonly string[]): Promise<Float64Array | undefined> => {
      const [input, out] = ['in', 'out'].map((end) => join(folder, `${name}-${end}.csv`));
      writeFileSync(input, `${lines.join('\n')}\n`);
      const { rows } = await operations.predict(
        { projectDir: log.projectDir, input, out, artefact: undefined },
        listeningIo().io,
      );
      expect(rows).toBe(lines.length - 1);
      return (await readTable(out, ['score'])).get('score');
    };
    const lines = clickLines()
      .slice(0, 40)
      .map((line) => line.split(',').slice(0, 4).join(','));
    const without = await scored('without', lines);
    expect(new Set(without).size).toBeGreaterThan(10);
    expect(await scored('with', [`${lines[0]},copy`, ...lines.slice(1).map((line) => `${line},3`)])).toEqual(
      without,
    );
    // What was changed by hand is no matter of the audit.
    configure({ encoding: { kind: 'bucket', buckets: 3 }, accepted: true });
    const project = openProject(log.projectDir);
    expect(await fittedProject(project, 'another')).toBe(project);
  });
});
