import { describe, expect, it } from 'vitest';
import { settleFindings, withoutColumns } from '../../../src/agents/project/drop-columns.js';
import type { AuditFinding, AuditResult, Question } from '../../../src/schema/index.js';
import { handConfig } from '../../data/handmade.js';
import { listeningIo } from '../tiny-project.js';

const config = handConfig({
  log: {
    rows: [{ user: 1, item: 2, ts: 3, label: 1, copy: 1, hint: 2, plain: 3 }],
    columns: {
      user: 'user_id',
      item: 'item_id',
      ts: 'timestamp',
      label: 'label',
      copy: { role: 'context', encoding: { kind: 'categorical' } },
      hint: 'context',
      plain: 'context',
    },
  },
});

const finding = (over: Partial<AuditFinding>): AuditFinding => ({
  probe: 'label-copy',
  severity: 'high',
  columns: ['log.copy'],
  evidence: 'AUC 1.000',
  remedy: 'Refuse it.',
  ...over,
});
const result = (...findings: AuditFinding[]): AuditResult => ({
  findings,
  probes: [],
  worst: 'high',
  cached: [],
});

/** An io that answers questions in order. */
function answering(...answers: string[]) {
  const questions: Question[] = [];
  const listening = listeningIo();
  const ask = async (question: Question): Promise<string> => {
    questions.push(question);
    return answers.shift() ?? question.guess;
  };
  return { ...listening, io: { ...listening.io, ask }, questions };
}

describe('findings before a run', () => {
  it('drop a column of severity high where nobody can answer, with its reason and a warning', async () => {
    const { io, warnings } = listeningIo();
    const dropped = await settleFindings(result(finding({})), config, io);
    expect(dropped).toEqual([
      { table: 'log', column: 'copy', role: 'leak', reason: 'audit, label-copy: AUC 1.000' },
    ]);
    expect(warnings).toMatchObject([{ code: 'AUDIT_DROPPED', message: expect.stringContaining('log.copy') }]);
    const after = withoutColumns(config, dropped).columns['log.copy'];
    expect(after).toEqual({ type: 'integer', confidence: 1, role: 'leak', reason: dropped[0].reason });
    expect(config.columns['log.copy'].role).toBe('context');
  });

  it('keep the others with a warning, and say nothing of low ones', async () => {
    const { io, warnings } = listeningIo();
    const found = result(
      finding({ severity: 'medium', columns: ['log.hint'] }),
      finding({ severity: 'medium', columns: [], probe: 'duplicate-rows' }),
      finding({ severity: 'high', columns: [], probe: 'train-test-overlap' }),
      finding({ severity: 'low', columns: ['log.plain'] }),
    );
    expect(await settleFindings(found, config, io)).toEqual([]);
    expect(warnings.map(({ code }) => code)).toEqual(['AUDIT_FINDING', 'AUDIT_FINDING', 'AUDIT_FINDING']);
    expect(warnings.map(({ message }) => message).join(' ')).not.toContain('log.plain');
  });

  it('never drop the user or the item, nor what the project does not have', async () => {
    const found = result(finding({ columns: ['log.item', 'log.user', 'log.gone', 'log.copy'] }));
    const dropped = await settleFindings(found, config, listeningIo().io);
    expect(dropped.map(({ column }) => column)).toEqual(['copy']);
    expect(withoutColumns(config, [{ table: 'log', column: 'gone', role: 'leak', reason: '' }])).toEqual(
      config,
    );
  });

  it('about ids alone are about the whole: said, never as a drop that is none', async () => {
    const found = result(finding({ probe: 'id-permutation', columns: ['log.item'] }));
    const { io, warnings } = listeningIo();
    expect(await settleFindings(found, config, io)).toEqual([]);
    expect(warnings).toEqual([
      { code: 'AUDIT_FINDING', message: 'id-permutation (high): log.item: AUC 1.000. Refuse it.' },
    ]);
    const asked = answering('go on');
    expect(await settleFindings(found, config, asked.io)).toEqual([]);
    expect(asked.questions).toMatchObject([{ guess: 'stop', options: ['stop', 'go on'] }]);
  });

  it('ask where somebody answers: once for the columns of a table, with the drop as the guess', async () => {
    const many = result(...['copy', 'hint', 'plain'].map((name) => finding({ columns: [`log.${name}`] })));
    const { io, questions, warnings } = answering('keep');
    expect(await settleFindings(many, config, io)).toEqual([]);
    expect(questions).toMatchObject([{ guess: 'drop', options: ['drop', 'keep'] }]);
    expect(questions[0].question).toContain('log.copy, log.hint, log.plain');
    expect(warnings).toEqual([]);
    expect(await settleFindings(many, config, answering('drop').io)).toHaveLength(3);
    const doubtful = answering();
    expect(await settleFindings(result(finding({ severity: 'medium' })), config, doubtful.io)).toEqual([]);
    expect(doubtful.questions).toMatchObject([{ guess: 'keep' }]);
  });

  it('are not told twice of one column', async () => {
    const { io, warnings } = listeningIo();
    const twice = result(finding({}), finding({ probe: 'post-impression', columns: ['log.copy'] }));
    expect(await settleFindings(twice, config, io)).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    const kept = answering('keep');
    expect(await settleFindings(twice, config, kept.io)).toEqual([]);
    expect(kept.questions).toHaveLength(1);
  });

  it('stop a run at a person’s word', async () => {
    const found = result(finding({ columns: [], probe: 'validation-is-test' }));
    await expect(settleFindings(found, config, answering('stop').io)).rejects.toMatchObject({
      code: 'LEAK_REFUSED',
    });
    await expect(settleFindings(found, config, answering('go on').io)).resolves.toEqual([]);
  });
});
