import { describe, expect, it } from 'vitest';
import type { AutoModelError } from '../../src/platform/index.js';
import { faultOf, impressions, infer } from './fixtures.js';

const wish = { task: 'ctr', split: 'time' } as const;

const labelled = (
  of: (i: number) => string | number | null,
  name = 'label',
): ReturnType<typeof impressions> =>
  impressions(200, (row, i) => {
    row[name] = of(i);
    if (name !== 'label') delete row['label'];
  });

/** The rule that a remedy holds. */
const ruleOf = (fault: AutoModelError): string => /--positive "(.*)"\.$/.exec(fault.remedy ?? '')?.[1] ?? '';

describe('a label of other values than 0 and 1', () => {
  it.each<[string, (i: number) => string | number, string, string]>([
    ['yes and no', (i) => (i % 4 === 0 ? 'yes' : 'no'), 'label', "label='yes'"],
    ['Y and N', (i) => (i % 4 === 0 ? 'Y' : 'N'), 'label', "label='Y'"],
    ['-1 and 1', (i) => (i % 4 === 0 ? 1 : -1), 'label', 'label>0'],
    ['1 and 2', (i) => (i % 4 === 0 ? 2 : 1), 'label', 'label>=2'],
    ['an odd name', (i) => (i % 4 === 0 ? 'buy' : 'look'), 'what done', `"what done"='buy'`],
  ])('is refused with a rule that works: %s', async (_, of, name, rule) => {
    const rows = { 'events.csv': labelled(of, name) };
    const fault = await faultOf(infer(rows, wish));
    expect(fault.message).toContain(name);
    expect(ruleOf(fault)).toBe(rule);
    const { config } = await infer(rows, { ...wish, positive: ruleOf(fault) });
    expect(config.label).toEqual({ column: name, positive: rule });
  });

  it('is refused with a rule when it was named by --label', async () => {
    const fault = await faultOf(
      infer({ 'events.csv': labelled((i) => (i % 3 === 0 ? 'yes' : 'no')) }, { ...wish, label: 'label' }),
    );
    expect(fault.code).toBe('LABEL_OUT_OF_RANGE');
    expect(ruleOf(fault)).toBe("label='yes'");
  });

  it('is mended, not cut elsewhere, when a few cells are bad', async () => {
    const fault = await faultOf(infer({ 'events.csv': labelled((i) => (i === 9 ? 7 : i % 2)) }, wish));
    expect(fault).toMatchObject({
      code: 'LABEL_OUT_OF_RANGE',
      remedy: 'Mend the cells.',
      details: { row: 10 },
    });
  });

  it('never quotes a cell that is no such word', async () => {
    const fault = await faultOf(
      infer({ 'events.csv': labelled((i) => (i % 3 === 0 ? 'alice' : 'bob')) }, wish),
    );
    expect(ruleOf(fault)).toBe("label='<value>'");
    expect(`${fault.message}${fault.remedy}`).not.toMatch(/alice|bob/);
  });
});

describe('a log without a label', () => {
  it('names its columns and what can be done', async () => {
    const fault = await faultOf(infer({ 'events.csv': labelled((i) => i % 9, 'shade') }, wish));
    expect(fault.message).toContain('no column looks like one');
    expect(fault.remedy).toContain('shade');
  });

  it('is none when the label is 0 and 1', async () => {
    expect((await infer({ 'events.csv': labelled((i) => i % 2) }, wish)).config.label).toEqual({
      column: 'label',
    });
  });
});
