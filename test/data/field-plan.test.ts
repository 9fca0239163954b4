import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/data/engine.js';
import type { EventLog } from '../../src/data/event-log.js';
import { isInput } from '../../src/data/event-log.js';
import { checkInputCount, FieldPlan, planFields } from '../../src/data/field-plan.js';
import type { SideTable } from '../../src/data/side-tables.js';
import { ident, Workbench, type WorkTable } from '../../src/data/workbench.js';
import { columnRoles, type ColumnConfig, type Encoding, type ProjectConfig } from '../../src/schema/index.js';
import { handConfig, type HandColumn, type HandTable } from './handmade.js';

/** A table as a workbench would have it, without an engine: planning reads nothing. */
function workTable(config: ProjectConfig, name: string): WorkTable {
  const prefix = `${name}.`;
  const workColumns = Object.entries(config.columns)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, column], k) => {
      const column_ = key.slice(prefix.length);
      return { name: column_, raw: { name: column_, ident: `c${k}`, sqlType: 'VARCHAR' }, config: column };
    });
  return {
    name,
    relation: 'raw',
    columns: workColumns.map(({ raw }) => raw),
    files: [`${name}.csv`],
    rows: 1,
    config: config.tables[name],
    workColumns,
  };
}

function plan(
  tables: Readonly<Record<string, HandTable>>,
  change: Partial<ProjectConfig> = {},
  splitColumn = 'part',
): FieldPlan[] {
  const config = handConfig(tables, change);
  const bench = new Workbench({} as Engine, '/nowhere', config);
  const [eventName, ...others] = Object.keys(tables);
  const log: EventLog = {
    table: workTable(config, eventName),
    idents: new Map(),
    user: undefined,
    item: undefined,
    timed: config.clock !== undefined,
    clocked: config.clock !== undefined,
    labelled: true,
    extraLabels: [],
  };
  const sides = others.map((name): SideTable => ({
    table: workTable(config, name),
    relation: 's',
    link: 'l',
    idents: new Map(),
  }));
  return planFields(bench, log, sides, splitColumn);
}

const table = (columns: Readonly<Record<string, HandColumn>>, more: Partial<HandTable> = {}): HandTable => ({
  rows: [],
  columns,
  ...more,
});

const of = (role: ColumnConfig['role'], type: ColumnConfig['type'], encoding?: Encoding): HandColumn => ({
  role,
  type,
  ...(encoding === undefined ? {} : { encoding }),
});

describe('what becomes an input', () => {
  it('is decided by role: leaks, signals, labels and the like never', () => {
    const inputs = columnRoles.filter((role) =>
      isInput({ role, type: 'integer', confidence: 1, reason: '' }),
    );
    expect(inputs).toEqual(['user_id', 'item_id', 'context', 'user_feature', 'item_feature', 'sequence']);
    expect(
      isInput({ role: 'context', type: 'integer', confidence: 1, reason: '', encoding: { kind: 'skip' } }),
    ).toBe(false);
    expect(isInput({ role: 'context', type: 'other', confidence: 1, reason: '' })).toBe(false);
  });

  it('is never the clock or the split column, whatever their role', () => {
    const plans = plan({
      log: table({ ts: of('context', 'integer'), part: of('context', 'string'), x: of('context', 'string') }),
    });
    expect(plans.map(({ name }) => name)).toEqual(['x']);
  });

  it('is not the key of a side table, but is everything else of it', () => {
    const plans = plan({
      log: table({ user: of('user_id', 'integer') }),
      users: table(
        {
          user: of('user_id', 'integer'),
          city: of('user_feature', 'string'),
          other: of('user_id', 'integer'),
        },
        { join: [{ column: 'user', eventColumn: 'user' }] },
      ),
    });
    expect(plans.map(({ name, table: from }) => [name, from])).toEqual([
      ['user', undefined],
      ['city', 'users'],
      ['other', 'users'],
    ]);
  });
});

describe('plans of columns without an encoding', () => {
  it('go by type and role', () => {
    const plans = plan({
      log: table({
        user: of('user_id', 'integer'),
        count: of('context', 'integer'),
        ratio: of('context', 'number'),
        flag: of('context', 'boolean'),
        word: of('context', 'string'),
        bag: of('context', 'list-string'),
        seen: of('sequence', 'list-integer'),
      }),
    });
    expect(plans.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'user categorical',
      'count bucket',
      'ratio bucket',
      'flag categorical',
      'word categorical',
      'bag multi',
      'seen sequence',
    ]);
  });

  it('put ids first, so that their vocabularies exist before lists that share them', () => {
    const plans = plan({
      log: table({
        seen: of('sequence', 'list-integer', { kind: 'sequence', ofItems: true, maxLength: 5 }),
        x: of('context', 'string'),
        item: of('item_id', 'integer'),
        user: of('user_id', 'integer'),
      }),
    });
    expect(plans.map(({ name }) => name)).toEqual(['item', 'user', 'seen', 'x']);
  });

  it('say whose side a field is on', () => {
    const plans = plan({
      log: table({
        user: of('user_id', 'integer'),
        item: of('item_id', 'integer'),
        age: of('user_feature', 'integer'),
        price: of('item_feature', 'integer'),
        hourmin: of('context', 'integer'),
        seen: of('sequence', 'list-integer'),
      }),
    });
    expect(plans.map(({ side }) => side)).toEqual(['user', 'item', 'user', 'item', 'context', 'context']);
  });
});

describe('names of fields', () => {
  it('are unique across tables, and leave "history" to the history', () => {
    const join = [{ column: 'user', eventColumn: 'user' }];
    const plans = plan({
      log: table({
        x: of('context', 'string'),
        history: of('context', 'string'),
        'users.x': of('context', 'string'),
      }),
      users: table({ x: of('user_feature', 'string') }, { join }),
      more: table({ x: of('user_feature', 'string'), history: of('user_feature', 'string') }, { join }),
    });
    const names = plans.map(({ name }) => name);
    expect(names).toEqual(['x', 'log.history', 'users.x', 'x 2', 'more.x', 'more.history']);
    // raw columns are kept beside the names
    expect(plans.map(({ column }) => column)).toEqual(['x', 'history', 'users.x', 'x', 'x', 'history']);
  });

  it('of hours and weekdays give way to columns of that name', () => {
    const plans = plan(
      { log: table({ hour: of('context', 'integer', { kind: 'categorical' }) }) },
      { timeFeatures: { enabled: true, utcOffsetMinutes: 60 } },
    );
    const named = plans.map((p) => [p.name, p.kind === 'categorical' ? p.transform : '']);
    expect(named).toEqual([
      ['hour', 'value'],
      ['log.hour', 'hour'],
      ['weekday', 'weekday'],
    ]);
    const without = plan(
      { log: table({}) },
      { timeFeatures: { enabled: true, utcOffsetMinutes: 0 }, clock: undefined },
    );
    expect(without).toEqual([]);
  });
});

describe('encodings that do not fit', () => {
  it.each<[Encoding, ColumnConfig['type'][]]>([
    [
      { kind: 'bucket', buckets: 4 },
      ['string', 'boolean', 'timestamp', 'date', 'list-integer', 'list-string'],
    ],
    [{ kind: 'log' }, ['string', 'boolean', 'date', 'list-integer']],
    [{ kind: 'standardise' }, ['string', 'boolean', 'timestamp', 'list-string']],
    [{ kind: 'categorical' }, ['list-integer', 'list-string']],
    [{ kind: 'multi', maxValues: 4 }, ['string', 'integer']],
    [{ kind: 'sequence', ofItems: true, maxLength: 4 }, ['string', 'integer', 'number']],
  ])('are refused by the name of the column: %j', (encoding, types) => {
    for (const type of types) {
      expect(() => plan({ log: table({ x: of('context', type, encoding) }) })).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          details: { column: 'x', type, encoding: encoding.kind },
        }),
      );
    }
  });

  it.each<[Encoding, ColumnConfig['type'][], string]>([
    [{ kind: 'bucket', buckets: 4 }, ['integer', 'number'], 'bucket'],
    [{ kind: 'log' }, ['integer', 'number'], 'categorical'],
    [{ kind: 'standardise' }, ['integer', 'number'], 'standardise'],
    [{ kind: 'categorical' }, ['string', 'integer', 'boolean', 'date', 'timestamp'], 'categorical'],
    [{ kind: 'multi', maxValues: 4 }, ['list-integer', 'list-string'], 'multi'],
    [{ kind: 'multi', separator: '|', maxValues: 4 }, ['string'], 'multi'],
    [{ kind: 'sequence', ofItems: true, maxLength: 4 }, ['list-integer', 'list-string'], 'sequence'],
  ])('and those that fit are planned: %j', (encoding, types, kind) => {
    for (const type of types) {
      const [planned] = plan({ log: table({ x: of('context', type, encoding) }) });
      expect([type, planned.kind]).toEqual([type, kind]);
      expect(FieldPlan.parse(JSON.parse(JSON.stringify(planned)))).toEqual(
        JSON.parse(JSON.stringify(planned)),
      );
    }
  });
});

describe('how many inputs are taken', () => {
  const many = (count: number, role: ColumnConfig['role']): ProjectConfig =>
    handConfig({
      log: table(Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, of(role, 'integer')]))),
    });

  it('is 2,000, of columns that are inputs', () => {
    expect(() => checkInputCount(many(2000, 'context'))).not.toThrow();
    expect(() => checkInputCount(many(5000, 'meta'))).not.toThrow();
    expect(() => checkInputCount(many(2001, 'context'))).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED', details: { columns: 2001, limit: 2000 } }),
    );
  });

  it('does not count tables that are not used', () => {
    const config = many(2001, 'context');
    config.tables['log'].kind = 'unused';
    expect(() => checkInputCount(config)).not.toThrow();
  });
});

describe('ident', () => {
  it('makes a harmless identifier of any name', () => {
    for (const name of [
      'x"; DROP TABLE y; --',
      "a'b",
      '日本',
      '',
      'Ünïcode',
      ' spaced out ',
      'a'.repeat(500),
    ]) {
      expect(ident('e7', name)).toMatch(/^e7(_[a-z0-9_]{1,32})?$/);
    }
    expect(ident('e7', 'Price (EUR)')).toBe('e7_price_eur');
    expect(ident('e7', '!!!')).toBe('e7');
  });
});
