import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { AutoModelError } from '../platform/index.js';
import {
  ProjectConfig,
  type ColumnConfig,
  type ColumnRole,
  type Question,
  type TableConfig,
  type Task,
  type Warning,
} from '../schema/index.js';
import { assignSplits } from './assign-splits.js';
import { itemSequences, judgeHistory, refuseHistory } from './check-histories.js';
import { refuseSingleClass } from './check-overlap.js';
import { checkParts } from './check-parts.js';
import { openEngine } from './engine.js';
import { buildEventLog, type EventLog } from './event-log.js';
import { makeClock, unitQuestions } from './infer-clock.js';
import { columnConfigs, refineRoles } from './infer-columns.js';
import { guessEventRoles } from './infer-event-roles.js';
import { roleQuestions, shownQuestions } from './infer-questions.js';
import { checkRows, saidRoles, takeSaid, withSaid } from './said-roles.js';
import { guessSideTable, type SideGuess } from './infer-side-tables.js';
import { draftTables, findEventTable, type TableDraft } from './infer-tables.js';
import { chooseClock, chooseLabel, chooseSplit, chooseTask, clockShowsHours } from './infer-settings.js';
import type { LoadedTable } from './load-table.js';
import { probeSideTables } from './probe-side-tables.js';
import { checkFile, recordFile } from './project-files.js';
import { joinSideTables } from './side-tables.js';
import { parseSplit } from './split-rule.js';
import { noLabel } from './suggest-rule.js';
import { noClock } from './time-readings.js';
import { Workbench } from './workbench.js';

export interface InferOptions {
  /** absolute paths; the only ones that may lie outside the project */
  readonly files: readonly string[];
  readonly projectDir: string;
  /** undefined: inferred */
  readonly task?: Task;
  /** as parseSplit takes it; undefined: inferred */
  readonly split?: string;
  /** "rating>=4" */
  readonly positive?: string;
  readonly label?: string;
  /** the time column; undefined: inferred */
  readonly clock?: string;
  /** roles that are said and not inferred: "table.column", or the column alone where one table has it */
  readonly roles?: Readonly<Record<string, ColumnRole>>;
  readonly useDatasetJson: boolean;
  readonly signal?: AbortSignal;
}

export interface InferredTable {
  readonly name: string;
  readonly kind: TableConfig['kind'];
  readonly files: readonly string[];
  readonly rows: number;
  readonly joinKeys: readonly string[];
}

export interface InferredProject {
  readonly config: ProjectConfig;
  readonly questions: readonly Question[];
  readonly warnings: readonly Warning[];
  readonly tables: readonly InferredTable[];
}

/**
 * Looks at files and says what they are: tables and how they join, the role of every column with a confidence and a
 * reason, the label, the clock. The splits are tried out, so that unusable times, labels and splits fail here and not later.
 * Writes nothing: the caller saves `config` as automodel.json.
 * @throws FILE_UNREADABLE, TIME_UNPARSABLE, LABEL_OUT_OF_RANGE, SPLIT_EMPTY, SPLIT_OVERLAP, CONFIG_INVALID, UNKNOWN_COLUMN
 */
export async function inferProject(options: InferOptions): Promise<InferredProject> {
  const projectDir = resolve(options.projectDir);
  if (options.files.length === 0) {
    throw new AutoModelError('USAGE', 'No files were named', { remedy: 'automodel init <files...>' });
  }
  const records = options.files.map((path) => recordFile(projectDir, path));
  const paths = options.files.map((path) => checkFile(realpathSync(checkFile(resolve(projectDir, path)))));
  const recordOf = new Map(paths.map((path, index) => [path, records[index]]));
  const engine = await openEngine({ files: paths, signal: options.signal });
  try {
    const plain = await draftTables(engine, [...new Set(paths)], options.useDatasetJson);
    const said = saidRoles(plain, options.roles ?? {});
    const eventIndex = findEventTable(plain.map((draft) => withSaid(draft, said)));
    // Of other tables only the role is said, not that all is said that dataset.json would say.
    const drafts = plain.map((draft, index) => (index === eventIndex ? withSaid(draft, said) : draft));
    const events = drafts[eventIndex];
    checkRows(events);
    const guess = await guessEventRoles(engine, events, options);
    takeSaid(events, guess.guesses, said);
    checkParts(drafts, events, guess, options.split);
    const warnings: Warning[] = drafts.flatMap(renamedColumns);
    if (guess.unprobed.length > 0) {
      const names = guess.unprobed.slice(0, 20).map((name) => JSON.stringify(name));
      const more = guess.unprobed.length > 20 ? ` and ${guess.unprobed.length - 20} more` : '';
      const message = `${events.loaded.files[0]}: columns ${names.join(', ')}${more} could not be held against the label, which has one value; check them for leaks`;
      warnings.push({ code: 'PROBES_SKIPPED', message });
    }
    const sides = new Map<TableDraft, SideGuess>();
    for (const draft of drafts) {
      if (draft === events) continue;
      const side = await guessSideTable(engine, draft, events, guess);
      takeSaid(draft, side.guesses, said);
      sides.set(draft, side);
      if (side.problem !== undefined) warnings.push(side.problem);
    }
    for (const draft of drafts) {
      warnings.push(...(draft.warnings ?? []));
      const kind = sides.get(draft)?.kind ?? 'events';
      if (draft.kind === undefined || draft.kind === kind) continue;
      const message = `${draft.loaded.files[0]}: dataset.json says ${draft.kind}, but it can only be ${kind}`;
      warnings.push({ code: 'DATASET_JSON_IGNORED', message });
    }
    const tables: Record<string, TableConfig> = {};
    const columns: Record<string, ColumnConfig> = {};
    const joined = new Set([...sides.values()].flatMap((side) => side.join.map((pair) => pair.eventColumn)));
    for (const draft of drafts) {
      const side = sides.get(draft);
      const keys = draft === events ? joined : new Set(side?.join.map((pair) => pair.column));
      tables[draft.name] = {
        kind: side?.kind ?? 'events',
        format: draft.shapes[0].format,
        files: draft.shapes.map((shape) => recordOf.get(shape.path) ?? { path: shape.path, external: true }),
        ...(draft.shapes[0].csv === undefined ? {} : { csv: draft.shapes[0].csv }),
        join: side?.join ?? [],
        ...(side?.asOf === undefined ? {} : { asOf: side.asOf }),
      };
      Object.assign(
        columns,
        await columnConfigs(engine, draft, side?.guesses ?? guess.guesses, side, keys, events, guess.item),
      );
    }
    const label = chooseLabel(options, guess);
    const task = chooseTask(options, guess, label);
    if (label === undefined && task.value !== 'next-item')
      throw await noLabel(engine, events.loaded, events.stats, task.value);
    const clock = options.clock ?? chooseClock(events, guess);
    const split = chooseSplit(options, task.value, events, guess, clock);
    if (clock === undefined && parseSplit(split.value).kind === 'time')
      throw await noClock(engine, events.loaded, events.stats);
    if (clock !== undefined) makeClock(columns, events, clock);
    refineRoles(columns, events, split.value, label, task.value);
    const first = ProjectConfig.parse({
      schemaVersion: 1,
      task: task.value,
      split: split.value,
      tables,
      columns,
      label: task.value === 'next-item' && label?.positive === undefined ? undefined : label,
      clock,
      minCount: task.value === 'next-item' ? 1 : 2,
      timeFeatures: {
        enabled: clock !== undefined && (await clockShowsHours(engine, events, columns, clock)),
        utcOffsetMinutes: 0,
      },
    });
    const bench = new Workbench(engine, projectDir, first);
    const rule = parseSplit(first.split);
    const log = await buildEventLog(bench, bench.withColumns(events.loaded, tables[events.name]), {
      rule,
      inputs: 'sequences',
    });
    await assignSplits(bench, log, rule);
    await refuseSingleClass(bench, log);
    const config = await withFindings(bench, log, drafts);
    const questions = [
      ...task.questions,
      ...split.questions,
      ...unitQuestions(drafts, config.columns),
      ...roleQuestions(drafts, config.columns),
    ];
    const { shown, warnings: left } = shownQuestions(questions);
    return {
      config,
      questions: shown,
      warnings: [...warnings, ...left, ...bench.warnings],
      tables: drafts.map((draft) => ({
        name: draft.name,
        kind: tables[draft.name].kind,
        files: draft.loaded.files,
        rows: draft.loaded.rows,
        joinKeys: tables[draft.name].join.map((pair) => pair.column),
      })),
    };
  } finally {
    engine.close();
  }
}

/** Joins the other tables as encoding will, and takes out what the joined rows show to be no input. */
async function withFindings(
  bench: Workbench,
  log: EventLog,
  drafts: readonly TableDraft[],
): Promise<ProjectConfig> {
  const { config } = bench;
  if (config.task === 'next-item') return config;
  const loaded = new Map(drafts.map((draft) => [draft.name, draft.loaded]));
  const sides = await joinSideTables(bench, log, async (name) =>
    bench.withColumns(loaded.get(name) as LoadedTable, config.tables[name]),
  );
  const columns = { ...config.columns };
  for (const { name, list, config: said } of itemSequences(log)) {
    const fault = await judgeHistory(bench, log, list);
    if (fault === undefined) continue;
    if (said.confidence === 1 && fault.sure) refuseHistory(name, fault);
    const place = `${fault.file}, row ${fault.row}`;
    bench.warn('HISTORY_FROM_FUTURE', `${place}: lists of column ${name} ${fault.reason}; taken for a leak`);
    const { encoding: _encoding, ...rest } = said;
    const confidence = fault.sure ? 0.9 : 0.6;
    columns[`${log.table.name}.${name}`] = {
      ...rest,
      role: 'leak',
      confidence,
      reason: `its lists ${fault.reason} (row ${fault.row})`,
    };
  }
  for (const [key, found] of await probeSideTables(bench, log, sides)) {
    const { encoding: _encoding, ...rest } = columns[key];
    columns[key] = { ...rest, ...found };
  }
  return { ...config, columns };
}

function renamedColumns({ shapes }: TableDraft): Warning[] {
  return shapes.flatMap(({ path, renamed = [] }) => {
    if (renamed.length === 0) return [];
    const pairs = renamed
      .slice(0, 20)
      .map(([from, to]) => `${JSON.stringify(from)} is now ${JSON.stringify(to)}`);
    const rest = renamed.length > 20 ? ` and ${renamed.length - 20} more` : '';
    const message = `${path}: the header has empty or repeated names (case does not count): ${pairs.join(', ')}${rest}`;
    return [{ code: 'COLUMNS_RENAMED', message }];
  });
}
