import { describe, expect, it } from 'vitest';
import { auditLines } from '../../../src/cli/commands/audit.js';
import { plainStyle } from '../../../src/cli/text.js';
import type { AuditFinding, AuditResult } from '../../../src/schema/index.js';
import { auditResult } from '../example-results.js';
import { runWith } from '../fake-host.js';

const only = (severity: AuditFinding['severity']): AuditResult => ({
  ...auditResult,
  findings: [{ ...auditResult.findings[0], severity }],
  worst: severity,
});
const clean: AuditResult = { ...auditResult, findings: [], worst: null };

describe('audit', () => {
  it('ends with 4 when a finding is at least as severe as asked for, its result in the envelope', async () => {
    const { code, json } = await runWith(['audit', '--fail-on', 'medium', '--json']);
    expect(code).toBe(4);
    expect(json()).toMatchObject({
      command: 'audit',
      ok: false,
      result: { worst: 'medium' },
      error: { code: 'LEAK_REFUSED', details: { failOn: 'medium', findings: 2 } },
    });
  });

  it.each([
    ['low', 'low', 4],
    ['low', 'medium', 0],
    ['medium', 'low', 4],
    ['medium', 'medium', 4],
    ['medium', 'high', 0],
    ['high', 'medium', 4],
  ] as const)('a %s finding under --fail-on %s ends with %i', async (severity, least, expected) => {
    const operations = { audit: async () => only(severity) };
    expect((await runWith(['audit', '--fail-on', least], { operations })).code).toBe(expected);
  });

  it('ends with 0 without --fail-on, and when nothing was found', async () => {
    expect((await runWith(['audit'])).code).toBe(0);
    expect(
      (await runWith(['audit', '--fail-on', 'low'], { operations: { audit: async () => clean } })).code,
    ).toBe(0);
  });

  it('hands on the probes that are named, all of them without names', async () => {
    const some = await runWith(['audit', '--probes', 'label-copy, future-rows']);
    expect(some.calls[0].options).toMatchObject({ probes: ['label-copy', 'future-rows'] });
    expect((await runWith(['audit'])).calls[0].options).toMatchObject({ probes: undefined });
    for (const words of [
      ['--probes', 'a,,b'],
      ['--fail-on', 'grave'],
    ])
      expect((await runWith(['audit', ...words])).code).toBe(2);
  });

  it('shows findings, what to do, and what became of every probe', async () => {
    const { stdout } = await runWith(['audit']);
    for (const text of [
      'events.watch_ms',
      'alone it ranks the label',
      'What to do',
      '"duplicates": "drop"',
      '4 probes in 3.8 s: 2 found something, 1 passed, 1 skipped.',
      'Passed: future-rows.',
      'Skipped tie-order: only next-item tasks',
    ])
      expect(stdout).toContain(text);
  });

  it('has nothing to do where all findings are hygiene', () => {
    const [finding] = auditResult.findings;
    const lines = auditLines({ ...auditResult, findings: [{ ...finding, severity: 'low' }] }, plainStyle);
    expect(lines.join('\n')).toContain('alone it ranks the label');
    expect(lines.join('\n')).not.toContain('What to do');
  });

  it('names a column once that several pairs were found with, and no column before what all say', () => {
    const pairs = ['a', 'b'].map((name) => ({
      ...auditResult.findings[0],
      columns: ['log.played', `log.${name}`],
      evidence: `log.played / log.${name} ranks`,
    }));
    const two = auditLines({ ...auditResult, findings: pairs }, plainStyle).join('\n');
    expect(two).toContain('log.played, log.a, log.b ');
    const one = auditLines({ ...auditResult, findings: pairs.slice(1) }, plainStyle).join('\n');
    expect(one).toContain('log.played / log.b ranks');
    expect(one).not.toContain('log.played: log.played');
    expect(one).not.toContain('Likewise');
  });

  it('shows many columns of a table as one line, and control characters never', () => {
    const many = ['a', 'b', 'c', 'd\u001b[31m', 'e'].map((name) => ({
      ...auditResult.findings[0],
      columns: [`stats.${name}`],
    }));
    const lines = auditLines({ ...auditResult, findings: many, cached: ['label-copy'] }, plainStyle);
    expect(lines.filter((line) => line.includes('label-copy') && line.startsWith('medium'))).toHaveLength(1);
    expect(lines.join('\n')).toContain('stats.a, stats.b, stats.c and 2 more');
    expect(lines.join('\n')).toContain('stats.a: alone it ranks the label');
    expect(lines.filter((line) => line.endsWith('Likewise the other 4.'))).toHaveLength(1);
    expect(lines.join('\n')).toContain('(1 known from before)');
    expect(lines.join('\n')).not.toContain('\u001b');
  });
});
