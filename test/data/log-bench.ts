import { assignSplits } from '../../src/data/assign-splits.js';
import { encodedColumn } from '../../src/data/encoded-columns.js';
import { openEngine, type Engine } from '../../src/data/engine.js';
import { buildEventLog } from '../../src/data/event-log.js';
import { planFields, type FieldPlan } from '../../src/data/field-plan.js';
import { fieldSource } from '../../src/data/field-source.js';
import { fitFields } from '../../src/data/fit-fields.js';
import { parseSplit } from '../../src/data/split-rule.js';
import { quoteText } from '../../src/data/sql.js';
import { Workbench } from '../../src/data/workbench.js';
import { splitNames, type ProjectConfig, type SplitName } from '../../src/schema/index.js';
import type { Rows } from './fixtures.js';
import { handConfig, type HandTable } from './handmade.js';

/** What became of a log: where each row went, and what each single-valued field made of it. */
export interface BenchResult {
  readonly splits: ReadonlyMap<number, SplitName>;
  readonly warnings: readonly string[];
  readonly plans: ReadonlyMap<string, FieldPlan>;
  readonly sizes: ReadonlyMap<string, number>;
  /** field → row → value */
  readonly values: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/**
 * The steps of an encoding on rows that never touch a file, in one engine that is used over and over: for property tests,
 * where opening an engine per example would be all of the time.
 */
export class LogBench {
  private constructor(private readonly engine: Engine) {}

  static async open(): Promise<LogBench> {
    return new LogBench(await openEngine({ files: [] }));
  }

  close(): void {
    this.engine.close();
  }

  /** Splits the rows, and with `fields` also fits and encodes the inputs. */
  async run(
    rows: Rows,
    columns: HandTable['columns'],
    change: Partial<ProjectConfig>,
    fields = false,
  ): Promise<BenchResult> {
    const made = handConfig({ log: { rows, columns } }, change);
    const names = Object.keys(rows[0]);
    const cells = (row: Rows[number]): string =>
      names
        .map((name) =>
          row[name] === null || row[name] === undefined ? 'NULL' : quoteText(String(row[name])),
        )
        .join(', ');
    for (const table of ['raw_0', 'events', 'placed', 'base'])
      await this.engine.run(`DROP TABLE IF EXISTS ${table}`);
    const types = names.map((_, k) => `c${k} VARCHAR`).join(', ');
    await this.engine.run(`CREATE TABLE raw_0 (${types}, file_index INTEGER)`);
    await this.engine.run(`INSERT INTO raw_0 VALUES ${rows.map((row) => `(${cells(row)}, 0)`).join(', ')}`);
    const bench = new Workbench(this.engine, '/nowhere', made);
    const loaded = {
      name: 'log',
      relation: 'raw_0',
      columns: names.map((name, k) => ({ name, ident: `c${k}`, sqlType: 'VARCHAR' })),
      files: ['log.csv'],
      rows: rows.length,
    };
    const rule = parseSplit(made.split);
    const log = await buildEventLog(bench, bench.withColumns(loaded, made.tables['log']), { rule });
    await assignSplits(bench, log, rule);
    const places = await this.engine.rows('SELECT row::DOUBLE, split::INTEGER FROM base ORDER BY pos');
    const splits = new Map(places.map(([row, split]) => [Number(row), splitNames[Number(split)]]));
    const values = new Map<string, Map<number, number>>();
    const plans = new Map<string, FieldPlan>();
    const sizes = new Map<string, number>();
    if (fields) {
      const planned = planFields(bench, log, [], rule.kind === 'column' ? rule.column : '');
      const sources = planned.map((plan) => fieldSource(bench, log, [], plan));
      const fitted = await fitFields(bench, sources, undefined);
      for (const [index, plan] of fitted.plans.entries()) {
        plans.set(plan.name, plan);
        if (plan.kind === 'multi' || plan.kind === 'sequence') continue;
        const { sql, joins } = encodedColumn(sources[index], plan, fitted.vocabularies, 'v');
        const found = await this.engine.rows(
          `SELECT b.row::DOUBLE, (${sql})::DOUBLE FROM base b ${joins.join(' ')}`,
        );
        values.set(plan.name, new Map(found.map(([row, value]) => [Number(row), Number(value)])));
      }
      for (const { name, size, relation } of fitted.vocabularies) {
        sizes.set(name, size);
        if (relation !== undefined) await this.engine.run(`DROP TABLE ${relation}`);
      }
    }
    return { splits, warnings: bench.warnings.map(({ code }) => code), plans, sizes, values };
  }
}
