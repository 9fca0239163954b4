import { describe, expect, it } from 'vitest';
import { runProbes, worstFirst } from '../../../src/data/probes/index.js';
import { AutoModelError } from '../../../src/platform/index.js';
import type { AuditFinding, Probe, Severity, Sighting } from '../../../src/schema/index.js';

const sighting = (severity: Severity, column = 'log.a'): Sighting => ({
  severity,
  columns: [column],
  evidence: `${severity} of ${column}`,
  remedy: 'Look.',
});
const probe = (name: string, run: () => Promise<Sighting[]>, lacks?: string): Probe<number> => ({
  name,
  question: `Is ${name} seen?`,
  lacks: () => lacks,
  run,
});

describe('running probes', () => {
  it('names findings after their probe, and tells found, passed and skipped apart', async () => {
    const begun: [number, string][] = [];
    const { findings, probes } = await runProbes(
      7,
      [
        probe('one', async () => [sighting('low'), sighting('high', 'log.b')]),
        probe('two', () => Promise.reject(new Error('is never asked')), 'no clock'),
        probe('three', async () => []),
      ],
      (done, name) => begun.push([done, name]),
    );
    expect(findings.map(({ probe: name, columns }) => [name, ...columns])).toEqual([
      ['one', 'log.a'],
      ['one', 'log.b'],
    ]);
    expect(probes.map(({ probe: name, outcome, reason }) => [name, outcome, reason])).toEqual([
      ['one', 'found', null],
      ['two', 'skipped', 'no clock'],
      ['three', 'passed', null],
    ]);
    expect(begun).toEqual([
      [0, 'one'],
      [2 / 3, 'three'],
    ]);
  });

  it('goes on past a probe that the data are not fit for, and with what that probe said as the reason', async () => {
    const unfit = (): Promise<never> => Promise.reject(new AutoModelError('SPLIT_EMPTY', 'no test rows'));
    const { findings, probes } = await runProbes(0, [
      probe('unfit', unfit),
      probe('after', async () => [sighting('low')]),
    ]);
    expect(probes[0]).toMatchObject({ outcome: 'skipped', reason: 'no test rows' });
    expect(findings).toHaveLength(1);
  });

  it('stops at anything else: a fault of the engine, a full disk, an interrupt', async () => {
    for (const code of ['INTERNAL', 'DISK_FULL', 'INTERRUPTED', 'OUT_OF_MEMORY'] as const) {
      const broken = probe('broken', () => Promise.reject(new AutoModelError(code, 'broken')));
      await expect(runProbes(0, [broken])).rejects.toMatchObject({ code });
    }
    const fault = probe('fault', () => Promise.reject(new TypeError('of the program')));
    await expect(runProbes(0, [fault])).rejects.toThrow('of the program');
  });

  it('lists the worst first and leaves equal ones in their order', () => {
    const found = (['low', 'high', 'medium', 'high', 'low'] as const).map((severity, n): AuditFinding => ({
      probe: 'p',
      ...sighting(severity, `log.c${n}`),
    }));
    expect(worstFirst(found).map(({ columns }) => columns[0])).toEqual([
      'log.c1',
      'log.c3',
      'log.c2',
      'log.c0',
      'log.c4',
    ]);
    expect(found[0].columns).toEqual(['log.c0']);
  });
});
