import { z } from 'zod';
import type { ColumnConfig, Encoding, FieldSide, ProjectConfig } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';
import { isInput, type EventLog } from './event-log.js';
import { sideInputs, type SideTable } from './side-tables.js';
import type { Workbench } from './workbench.js';

const Place = {
  /** name of the field and, for ids, of its vocabulary */
  name: z.string(),
  side: z.enum(['user', 'item', 'context']),
  /** undefined: the event table */
  table: z.string().optional(),
  column: z.string(),
};

/** How one field is made, with everything that was fitted on training rows: enough to encode new rows the same way. */
export const FieldPlan = z.discriminatedUnion('kind', [
  z.object({
    ...Place,
    kind: z.literal('categorical'),
    transform: z.enum(['value', 'log', 'hour', 'weekday']),
    minCount: z.number(),
    vocabulary: z.string(),
    /** id of a missing value; UNKNOWN_ID when it was too rare in training */
    nullId: z.number(),
  }),
  z.object({
    ...Place,
    kind: z.literal('bucket'),
    buckets: z.number(),
    vocabulary: z.string(),
    nullId: z.number(),
    /** upper ends of all buckets but the last, rising */
    cuts: z.array(z.number()),
  }),
  z.object({ ...Place, kind: z.literal('standardise'), mean: z.number(), sd: z.number() }),
  z.object({
    ...Place,
    kind: z.literal('multi'),
    separator: z.string().optional(),
    maxLength: z.number(),
    minCount: z.number(),
    vocabulary: z.string(),
  }),
  z.object({
    ...Place,
    kind: z.literal('sequence'),
    separator: z.string().optional(),
    maxLength: z.number(),
    minCount: z.number(),
    vocabulary: z.string(),
    ofItems: z.boolean(),
  }),
]);
export type FieldPlan = z.infer<typeof FieldPlan>;

/** Beyond this many inputs a model is not what is wanted. */
const maxFields = 2000;

function sideOf(column: ColumnConfig): FieldSide {
  if (column.role === 'user_id' || column.role === 'user_feature') return 'user';
  return column.role === 'item_id' || column.role === 'item_feature' ? 'item' : 'context';
}

function defaultEncoding(column: ColumnConfig): Encoding {
  if (column.role === 'sequence') return { kind: 'sequence', ofItems: false, maxLength: 50 };
  if (column.role === 'user_id' || column.role === 'item_id') return { kind: 'categorical' };
  if (column.type === 'integer' || column.type === 'number') return { kind: 'bucket', buckets: 32 };
  return column.type.startsWith('list-') ? { kind: 'multi', maxValues: 32 } : { kind: 'categorical' };
}

/** Refuses more inputs than any model here is meant for, before the work of reading them. @throws LIMIT_EXCEEDED */
export function checkInputCount(config: ProjectConfig): void {
  const used = new Set(Object.keys(config.tables).filter((name) => config.tables[name].kind !== 'unused'));
  const inputs = Object.entries(config.columns).filter(
    ([key, column]) => used.has(key.slice(0, key.indexOf('.'))) && isInput(column),
  ).length;
  if (inputs <= maxFields) return;
  throw new AutoModelError('LIMIT_EXCEEDED', `${inputs} input columns; at most ${maxFields} are taken`, {
    remedy:
      'Give columns that are not needed the role meta, or the encoding {"kind": "skip"}, in automodel.json.',
    details: { columns: inputs, limit: maxFields },
  });
}

/** Fields that the configuration asks for, not fitted yet. */
export function planFields(
  bench: Workbench,
  log: EventLog,
  sides: readonly SideTable[],
  splitColumn: string,
): FieldPlan[] {
  const { config } = bench;
  const taken = new Set<string>(['history']);
  const unique = (wanted: string, table: string | undefined): string => {
    let name = wanted;
    if (taken.has(name)) name = `${table ?? log.table.name}.${wanted}`;
    for (let n = 2; taken.has(name); n += 1) name = `${wanted} ${n}`;
    taken.add(name);
    return name;
  };
  const plans: FieldPlan[] = [];
  const add = (column: { name: string; config: ColumnConfig }, table: string | undefined): void => {
    const place = {
      name: unique(column.name, table),
      side: sideOf(column.config),
      table,
      column: column.name,
    };
    const encoding = column.config.encoding ?? defaultEncoding(column.config);
    plans.push(...planColumn(bench, place, column.config, encoding));
  };
  // Ids of the events first, so that the item vocabulary exists before sequences that share it.
  const events = log.table.workColumns.filter(
    (column) => isInput(column.config) && column.name !== splitColumn && column.name !== config.clock,
  );
  const isId = (column: { config: ColumnConfig }): boolean => column.config.role.endsWith('_id');
  for (const column of [...events.filter(isId), ...events.filter((c) => !isId(c))]) add(column, undefined);
  for (const side of sides) for (const column of sideInputs(side.table)) add(column, side.table.name);
  if (config.timeFeatures.enabled && log.clocked) {
    for (const transform of ['hour', 'weekday'] as const) {
      const name = unique(transform, undefined);
      const place = { name, side: 'context' as const, column: config.clock ?? '' };
      plans.push({
        ...place,
        kind: 'categorical',
        transform,
        minCount: config.minCount,
        vocabulary: name,
        nullId: 1,
      });
    }
  }
  return plans;
}

function planColumn(
  bench: Workbench,
  place: { name: string; side: FieldSide; table: string | undefined; column: string },
  column: ColumnConfig,
  encoding: Encoding,
): FieldPlan[] {
  const { minCount } = bench.config;
  const isList = column.type.startsWith('list-');
  const isNumber = column.type === 'integer' || column.type === 'number';
  const wrong = (): AutoModelError =>
    new AutoModelError(
      'CONFIG_INVALID',
      `Column ${place.column} of type ${column.type} cannot be encoded as ${encoding.kind}`,
      {
        remedy: 'Change its "encoding" in automodel.json, or remove it to take the default.',
        details: { column: place.column, type: column.type, encoding: encoding.kind },
      },
    );
  switch (encoding.kind) {
    case 'skip':
      return [];
    case 'categorical':
      if (isList) throw wrong();
      return [
        {
          ...place,
          kind: 'categorical',
          transform: 'value',
          minCount: encoding.minCount ?? minCount,
          vocabulary: place.name,
          nullId: 1,
        },
      ];
    case 'log':
      if (!isNumber) throw wrong();
      return [
        { ...place, kind: 'categorical', transform: 'log', minCount, vocabulary: place.name, nullId: 1 },
      ];
    case 'bucket':
      if (!isNumber) throw wrong();
      return [
        { ...place, kind: 'bucket', buckets: encoding.buckets, vocabulary: place.name, nullId: 1, cuts: [] },
      ];
    case 'standardise':
      if (!isNumber) throw wrong();
      return [{ ...place, kind: 'standardise', mean: 0, sd: 1 }];
    case 'multi':
      if (!isList && encoding.separator === undefined) throw wrong();
      return [
        {
          ...place,
          kind: 'multi',
          separator: isList ? undefined : encoding.separator,
          maxLength: encoding.maxValues,
          minCount,
          vocabulary: place.name,
        },
      ];
    case 'sequence':
      if (!isList && (encoding.separator === undefined || column.type !== 'string')) throw wrong();
      return [
        {
          ...place,
          kind: 'sequence',
          separator: isList ? undefined : encoding.separator,
          maxLength: encoding.maxLength,
          minCount,
          vocabulary: place.name,
          ofItems: encoding.ofItems,
        },
      ];
  }
}
