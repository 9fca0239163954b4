import { mkdirSync } from 'node:fs';
import { AutoModelError } from '../../platform/index.js';
import { inferProject, type InferredProject } from '../../data/index.js';
import {
  ColumnRole,
  projectPaths,
  Task,
  TimeUnit,
  type InitOptions,
  type InitResult,
  type OperationIo,
  type ProjectConfig,
  type Question,
} from '../../schema/index.js';
import { columnFindings } from '../project/columns.js';
import { replaceProjectConfig } from '../project/open-project.js';

/** What the rest of the inference hangs on: an answer to one of these is inferred with, not written over a result. */
type Answers = Partial<Pick<InitOptions, 'task' | 'split' | 'positive'>>;

/** Infers tables, roles and split; asks what it is unsure of, or takes the guess and says so; writes automodel.json. */
export async function init(options: InitOptions, io: OperationIo): Promise<InitResult> {
  const paths = projectPaths(options.projectDir);
  mkdirSync(paths.root, { recursive: true });
  io.onProgress({ kind: 'phase', name: 'Look at the files', done: 0, total: undefined });
  const infer = (answers: Answers) =>
    inferProject({
      files: options.files,
      projectDir: paths.root,
      task: answers.task ?? options.task,
      split: answers.split ?? options.split,
      positive: answers.positive ?? options.positive,
      label: options.label,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      ...(options.roles === undefined ? {} : { roles: options.roles }),
      useDatasetJson: options.useDatasetJson,
      signal: io.signal,
    });
  const first = await infer({});
  const inferred = io.ask === undefined ? first : await settleFoundations(first, infer, io.ask);
  for (const warning of inferred.warnings) io.warn(warning);
  const { config, open } = await settleColumns(inferred, io);
  replaceProjectConfig(paths, config, io.warn);
  return {
    configPath: paths.config,
    task: config.task,
    split: config.split,
    label: config.label === undefined ? 'next item' : (config.label.positive ?? config.label.column),
    tables: inferred.tables.map((table) => ({
      ...table,
      files: [...table.files],
      joinKeys: [...table.joinKeys],
    })),
    columns: columnFindings(config),
    questions: [...open],
  };
}

/** Settings of the questions that everything else hangs on, in the order to ask. */
const foundations = ['task', 'label.positive', 'split'] as const;

async function settleFoundations(
  first: InferredProject,
  infer: (answers: Answers) => Promise<InferredProject>,
  ask: (question: Question) => Promise<string>,
): Promise<InferredProject> {
  let inferred = first;
  let answers: Answers = {};
  for (const setting of foundations) {
    const question = inferred.questions.find((candidate) => candidate.setting === setting);
    if (question === undefined) continue;
    const answer = await ask(question);
    answers = { ...answers, ...answered(setting, answer) };
    if (answer !== question.guess) inferred = await infer(answers);
  }
  return inferred;
}

function answered(setting: (typeof foundations)[number], answer: string): Answers {
  if (setting === 'split') return { split: answer };
  if (setting === 'label.positive') return { positive: answer };
  const task = Task.safeParse(answer);
  if (!task.success) throw wrongAnswer(setting, answer, Task.options);
  return { task: task.data };
}

/** Asks what columns are, or takes every guess with a warning where nobody can answer. */
async function settleColumns(
  { config, questions }: InferredProject,
  io: OperationIo,
): Promise<{ config: ProjectConfig; open: readonly Question[] }> {
  if (io.ask === undefined) {
    for (const question of questions) {
      io.warn({
        code: 'OPEN_QUESTION',
        message: `${question.question} Taken: ${question.guess}. Change it at ${question.setting} in automodel.json.`,
      });
    }
    return { config, open: questions };
  }
  let settled = config;
  for (const question of questions) {
    if (foundations.some((setting) => setting === question.setting)) continue;
    const answer = await io.ask(question);
    if (answer !== question.guess) settled = withSetting(settled, question.setting, answer);
  }
  return { config: settled, open: [] };
}

/**
 * Sets `columns["<table>.<column>"].role` or `.unit`, the key written as JSON, to an answer.
 * @throws CONFIG_INVALID for another setting, a column that is not there or a value that is none
 */
export function withSetting(config: ProjectConfig, setting: string, answer: string): ProjectConfig {
  const unitOf = settingKey(setting, 'unit');
  if (unitOf !== undefined && Object.hasOwn(config.columns, unitOf)) {
    const unit = TimeUnit.safeParse(answer);
    if (!unit.success) throw wrongAnswer(setting, answer, TimeUnit.options);
    const column = { ...config.columns[unitOf], unit: unit.data, confidence: 1, reason: 'said by you' };
    return { ...config, columns: { ...config.columns, [unitOf]: column } };
  }
  const key = settingKey(setting, 'role');
  if (key === undefined || !Object.hasOwn(config.columns, key)) {
    throw new AutoModelError('CONFIG_INVALID', `automodel.json has no ${setting} to set`, {
      details: { setting },
    });
  }
  const role = ColumnRole.safeParse(answer);
  if (!role.success) throw wrongAnswer(setting, answer, ColumnRole.options);
  const changed = { ...config.columns[key], role: role.data, confidence: 1, reason: 'said by you' };
  return { ...config, columns: { ...config.columns, [key]: changed } };
}

function settingKey(setting: string, member: 'role' | 'unit'): string | undefined {
  const [, quoted, named] = /^columns\[(".*")\]\.(role|unit)$/s.exec(setting) ?? [];
  if (quoted === undefined || named !== member) return undefined;
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

function wrongAnswer(setting: string, answer: string, known: readonly string[]): AutoModelError {
  return new AutoModelError('CONFIG_INVALID', `${JSON.stringify(answer)} is no value of ${setting}`, {
    remedy: `Choose among ${known.join(', ')}.`,
    details: { setting, answer },
  });
}
