import { describe, expect, it } from 'vitest';
import { csvText, impressions, infer } from './fixtures.js';

const wish = { task: 'ctr', split: 'time' } as const;

async function warningsOf(
  content: ReturnType<typeof impressions> | string,
  more: Partial<Parameters<typeof infer>[1]> = {},
): Promise<{ code: string; message: string }[]> {
  const { warnings } = await infer({ 'events.csv': content }, { ...wish, ...more });
  return [...warnings];
}

const messages = (warnings: readonly { code: string; message: string }[], code: string): string[] =>
  warnings.filter((warning) => warning.code === code).map(({ message }) => message);

describe('events that name nobody', () => {
  it.each([null, 'NULL', 'null', '\\N', 'NA', 'NaN', 'None'])('are counted: %s', async (cell) => {
    const rows = impressions(200, (row, i) => {
      if (i === 41 || i === 57 || i === 99) row['user_id'] = cell;
    });
    const [message, ...others] = messages(await warningsOf(rows), 'ID_MISSING');
    expect(others).toEqual([]);
    expect(message).toMatch(/3 events name no user .* row 42\); they count as one user/);
    expect(message).toContain('events.csv');
  });

  it('are told from events that name no item', async () => {
    const rows = impressions(200, (row, i) => {
      if (i > 197) row['item_id'] = null;
    });
    expect(messages(await warningsOf(rows), 'ID_MISSING')).toEqual([
      expect.stringMatching(/2 events name no item .* row 199\); they count as one item/),
    ]);
  });

  it('are none in a whole log', async () => {
    expect(await warningsOf(impressions(200))).toEqual([]);
  });
});

describe('names that cannot stay', () => {
  it('are said with what they became', async () => {
    const text = csvText(impressions(200, (row, i) => Object.assign(row, { a: i % 3, b: i % 4, c: i % 5 })));
    const [header, ...rest] = text.split('\n');
    const twice = [header.replace(',a,b,c', ',X,x,'), ...rest].join('\n');
    expect(messages(await warningsOf(twice), 'COLUMNS_RENAMED')).toEqual([
      expect.stringContaining('"x" is now "x_1", "" is now "column8"'),
    ]);
  });
});

describe('open questions', () => {
  it('beyond the list are counted', async () => {
    const dates = (n: number) =>
      impressions(200, (row, i) => {
        for (let k = 0; k < n; k += 1) row[`d_${k}`] = `${20_200_101 + (i % ((k % 20) + 2))}`;
      });
    const many = await infer({ 'events.csv': dates(60) }, wish);
    expect(many.questions).toHaveLength(40);
    const unsure = Object.values(many.config.columns).filter(({ confidence }) => confidence < 0.7).length;
    expect(unsure).toBeGreaterThan(40);
    expect(messages(many.warnings, 'QUESTIONS_LEFT')).toEqual([
      expect.stringMatching(new RegExp(`^and ${unsure - 40} more questions`)),
    ]);
    expect(messages(await warningsOf(dates(3)), 'QUESTIONS_LEFT')).toEqual([]);
  });
});
