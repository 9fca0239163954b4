import { describe, expect, it } from 'vitest';
import { impressions, infer } from './fixtures.js';

type Change = Parameters<typeof impressions>[1];

/** Roles and reasons of a log's columns, with what was asked. */
async function roles(
  change: Change,
  options: Parameters<typeof infer>[1] = { task: 'ctr', split: 'time' },
  count = 600,
): Promise<{
  role: (name: string) => string;
  reason: (name: string) => string;
  asked: string[];
  clock?: string;
}> {
  const { config, questions } = await infer({ 'log.csv': impressions(count, change) }, options);
  return {
    role: (name) => config.columns[`log.${name}`].role,
    reason: (name) => config.columns[`log.${name}`].reason,
    asked: questions.map(({ id }) => id),
    clock: config.clock,
  };
}

/** Values that have nothing to do with the label, which goes by the row modulo 4. */
const chance = (i: number, modulus: number): number => (i * 7919) % modulus;

describe('columns that know too much', () => {
  it('are leaks or signals by the AUC that they alone have, and the reason names it', async () => {
    const found = await roles((row, i) => {
      const label = Number(row['label']);
      row['copy'] = label;
      row['shifted'] = 100 - label * 3;
      row['near'] = label * 20 + chance(i, 23);
      row['weak'] = label * 3 + chance(i, 23);
      row['noise'] = chance(i, 23);
    });
    expect(['copy', 'shifted', 'near', 'weak', 'noise'].map(found.role)).toEqual([
      'leak',
      'leak',
      'leak',
      'context',
      'context',
    ]);
    expect(found.reason('copy')).toContain('1.000');
  });

  it('are caught as text, as absence and as truth values too', async () => {
    const found = await roles((row, i) => {
      const label = Number(row['label']);
      row['word'] = label === 1 ? `bought${i % 3}` : `left${i % 5}`;
      row['only_then'] = label === 1 ? chance(i, 7) : null;
      row['truth'] = label === 1 ? 'true' : 'false';
      row['lies'] = chance(i, 2) === 1 ? 'true' : 'false';
      row['holes'] = chance(i, 5) === 0 ? null : chance(i, 7);
    });
    expect(['word', 'only_then', 'truth'].map(found.role)).toEqual(['leak', 'leak', 'leak']);
    expect(['holes'].map(found.role)).toEqual(['context']);
  });

  it('are signals where a 1 never comes without the label, and innocent where it does', async () => {
    const found = await roles((row, i) => {
      const label = Number(row['label']);
      row['sometimes'] = label === 1 && chance(i, 3) === 0 ? 1 : 0;
      row['anytime'] = chance(i, 3) === 0 ? 1 : 0;
    });
    expect(found.role('sometimes')).toBe('signal');
    expect(found.role('anytime')).toBe('context');
    expect(found.asked).toContain('role:log.sometimes');
  });

  it('are signals by name alone, however little they tell', async () => {
    const found = await roles((row, i) => {
      row['play_time_ms'] = chance(i, 97);
      row['is_like'] = chance(i, 3) === 0 ? 1 : 0;
      row['watch_ratio'] = chance(i, 89) / 89;
      row['video_length_ms'] = chance(i, 97);
    });
    expect(['play_time_ms', 'is_like', 'watch_ratio'].map(found.role)).toEqual([
      'signal',
      'signal',
      'signal',
    ]);
    expect(found.role('video_length_ms')).toBe('context');
  });
});

describe('whose a column is', () => {
  it('goes by whose rows agree on it: of the item, of the user, else of the event', async () => {
    const found = await roles((row) => {
      const [user, item] = [row['user_id'], row['item_id']].map((id) => Number(String(id).slice(1)));
      row['maker'] = `m${item % 4}`;
      row['city'] = `c${user % 3}`;
      row['both'] = `b${(user + item) % 5}`;
    });
    expect(['maker', 'city', 'both'].map(found.role)).toEqual(['item_feature', 'user_feature', 'context']);
  });

  it('bears a few rows that disagree', async () => {
    const found = await roles((row, i) => {
      const item = Number(String(row['item_id']).slice(1));
      row['maker'] = `m${item % 4}`;
      row['often_wrong'] = i % 5 === 0 ? 'w' : `m${item % 4}`;
    });
    expect(found.role('often_wrong')).toBe('context');
  });
});

describe('ids, times and orders', () => {
  it('are the best of their kind, and the others stay what they are', async () => {
    const found = await roles((row, i) => {
      row['session_id'] = `s${chance(i, 67)}`;
      row['device_id'] = `d${chance(i, 71)}`;
    });
    expect(found.role('user_id')).toBe('user_id');
    expect([found.role('session_id'), found.role('device_id')]).toEqual(['context', 'context']);
  });

  it('take the finest clock, and no number for one that cannot be', async () => {
    const found = await roles((row, i) => {
      row['time_ms'] = Number(row['timestamp']) * 1000 + chance(i, 997);
      row['timestamp'] = 1_600_000_000 + Math.floor(i / 5) * 300;
      row['delay_time'] = chance(i, 301);
    });
    expect(found.role('time_ms')).toBe('timestamp');
    expect(found.clock).toBe('time_ms');
    expect(found.role('delay_time')).toBe('context');
  });

  it('take a number that never repeats for an order if its name says so, and for nothing if not', async () => {
    const found = await roles((row, i) => {
      row['seq_no'] = 5000 - i;
      row['serial'] = 9000 + i;
      row['position'] = i % 10;
    });
    expect(found.role('seq_no')).toBe('order');
    expect(found.role('serial')).toBe('meta');
    expect(found.role('position')).toBe('context');
  });

  it('take no date for an input: later days never occur in training', async () => {
    const found = await roles((row, i) => {
      row['day'] = 20_200_901 + Math.floor(i / 60);
      row['batch_date'] = `2020-09-${String(1 + Math.floor(i / 60)).padStart(2, '0')}`;
    });
    expect(found.role('day')).toBe('meta');
    expect(['meta', 'timestamp']).toContain(found.role('batch_date'));
  });
});

describe('what flags say', () => {
  it('outweighs what names say', async () => {
    const found = await roles(
      (row, i) => {
        row['bought'] = chance(i, 5) === 0 ? 1 : 0;
        row['fold'] = ['train', 'train', 'train', 'valid', 'test'][i % 5];
      },
      { task: 'ctr', split: 'column:fold', label: 'bought' },
    );
    expect([found.role('bought'), found.role('fold')]).toEqual(['label', 'split']);
    expect(found.role('label')).not.toBe('label');
  });

  it('makes a rating of the column that a rule is about, and a leak of its twin', async () => {
    const found = await roles(
      (row, i) => {
        row['stars'] = 1 + chance(i, 5);
        row['stars_again'] = (1 + chance(i, 5)) * 20;
      },
      { task: 'ctr', split: 'time', positive: 'stars>=4' },
    );
    expect([found.role('stars'), found.role('stars_again')]).toEqual(['rating', 'leak']);
  });
});
