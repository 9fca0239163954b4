import { describe, expect, it } from 'vitest';
import type { InferOptions } from '../../src/data/index.js';
import { faultOf, infer, prepare } from './fixtures.js';

interface Event {
  readonly user: string;
  readonly item: string;
  readonly index: number;
}

/** 300 events of 12 users, each about 25 of 60 items. */
const events: Event[] = Array.from({ length: 300 }, (_, i) => ({
  user: `u${(i * 7) % 12}`,
  item: `i${(i * i * 13 + i * 5 + (i >> 3)) % 60}`,
  index: i,
}));

const ofUser = (event: Event): Event[] => events.filter((other) => other.user === event.user);
const before = (event: Event): string[] =>
  ofUser(event).flatMap((other) => (other.index < event.index ? [other.item] : []));

const unmet = (event: Event): string[] => {
  const met = new Set(ofUser(event).map(({ item }) => item));
  return [...new Set(events.map(({ item }) => item))].filter((item) => !met.has(item));
};

function lines(listOf: (event: Event) => readonly string[]): string {
  return events
    .map((event) =>
      JSON.stringify({
        user_id: event.user,
        item_id: event.item,
        timestamp: 1_600_000_000 + 60 * event.index,
        label: (event.index * event.index) % 3 === 0 ? 1 : 0,
        recent: listOf(event),
      }),
    )
    .join('\n');
}

const options: Partial<InferOptions> = { task: 'ctr', split: 'time' };

describe('lists of items in the log', () => {
  it.each<[string, (event: Event) => readonly string[]]>([
    ['the whole log of the user', (event) => ofUser(event).map(({ item }) => item)],
    [
      'what the user meets next',
      (event) =>
        ofUser(event)
          .flatMap(({ item, index }) => (index > event.index ? [item] : []))
          .slice(0, 5),
    ],
    ['the event itself at the end', (event) => [...before(event), event.item].slice(-10)],
  ])('are a leak when they hold %s, and refused when made an input', async (_, listOf) => {
    const found = await infer({ 'log.jsonl': lines(listOf) }, options);
    expect(found.config.columns['log.recent'].role).toBe('leak');
    const warning = found.warnings.find(({ code }) => code === 'HISTORY_FROM_FUTURE')?.message;
    expect(warning).toMatch(/log\.jsonl, row \d+: lists of column recent/);
    const forced = {
      ...found.config.columns['log.recent'],
      role: 'sequence' as const,
      encoding: { kind: 'sequence' as const, ofItems: true, maxLength: 20 },
    };
    const columns = { ...found.config.columns, 'log.recent': forced };
    const fault = await faultOf(prepare(found.dir, { ...found.config, columns }));
    expect(fault).toMatchObject({ code: 'HISTORY_FROM_FUTURE', details: { column: 'recent' } });
    expect(fault.details['row']).toBeGreaterThanOrEqual(1);
  });

  it.each<[string, (event: Event) => readonly string[]]>([
    ['what came before the event', (event) => before(event).slice(-10)],
    ['items that the user never meets', (event) => unmet(event).slice(0, 6)],
  ])('stay an input, as a question, when they hold %s', async (_, listOf) => {
    const found = await infer({ 'log.jsonl': lines(listOf) }, options);
    expect(found.config.columns['log.recent'].role).toBe('sequence');
    expect(found.warnings.map(({ code }) => code)).not.toContain('HISTORY_FROM_FUTURE');
    expect(found.questions.map(({ id }) => id)).toContain('role:log.recent');
    await expect(prepare(found.dir, found.config)).resolves.toMatchObject({ cached: false });
  });

  it('are doubted, not refused, when some of their items come before and some after', async () => {
    const some = (event: Event): string[] =>
      ofUser(event).flatMap(({ item }, k) => (k % 6 === 0 ? [item] : []));
    const found = await infer({ 'log.jsonl': lines(some) }, options);
    expect(found.config.columns['log.recent']).toMatchObject({ role: 'leak', confidence: 0.6 });
    expect(found.questions.map(({ id }) => id)).toContain('role:log.recent');
    const said = {
      role: 'sequence' as const,
      encoding: { kind: 'sequence' as const, ofItems: true, maxLength: 9 },
    };
    const columns = { ...found.config.columns };
    columns['log.recent'] = { ...columns['log.recent'], ...said };
    await expect(prepare(found.dir, { ...found.config, columns })).resolves.toMatchObject({ cached: false });
  });
});
