import { mkdirSync } from 'node:fs';
import { inferProject } from '../../data/index.js';
import {
  projectPaths,
  type InitOptions,
  type InitResult,
  type OperationIo,
  type ProjectConfig,
  type Question,
} from '../../schema/index.js';
import { columnFindings } from '../project/columns.js';
import { saveProjectConfig } from '../project/open-project.js';

/** Infers tables, roles and split; asks what it is unsure of, or takes the guess and says so; writes automodel.json. */
export async function init(options: InitOptions, io: OperationIo): Promise<InitResult> {
  const paths = projectPaths(options.projectDir);
  mkdirSync(paths.root, { recursive: true });
  io.onProgress({ kind: 'phase', name: 'Look at the files', done: 0, total: undefined });
  const infer = (answers: Partial<InitOptions> = {}) =>
    inferProject({
      files: options.files,
      projectDir: paths.root,
      task: answers.task ?? options.task,
      split: answers.split ?? options.split,
      positive: options.positive,
      label: options.label,
      useDatasetJson: options.useDatasetJson,
      signal: io.signal,
    });
  const inferred = await infer();
  for (const warning of inferred.warnings) io.warn(warning);
  const { config, open } = await settle(inferred.config, inferred.questions, io);
  saveProjectConfig(paths, config);
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

/** Answers that a person gives become members of the configuration, named by the question's `setting`. */
async function settle(
  config: ProjectConfig,
  questions: readonly Question[],
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
    const answer = await io.ask(question);
    if (answer !== question.guess) settled = withSetting(settled, question.setting, answer);
  }
  return { config: settled, open: [] };
}

/** Sets `columns.<table>.<column>.role` or a plain top-level member to a text answer. */
export function withSetting(config: ProjectConfig, setting: string, answer: string): ProjectConfig {
  const column = /^columns\[?["']?\.?(?<key>.+?)["']?\]?\.role$/s.exec(setting)?.groups?.['key'];
  if (column !== undefined && Object.hasOwn(config.columns, column)) {
    const role = answer as ProjectConfig['columns'][string]['role'];
    const before = config.columns[column];
    const changed = { ...before, role, confidence: 1, reason: 'said by you' };
    return { ...config, columns: { ...config.columns, [column]: changed } };
  }
  return { ...config, [setting]: answer };
}
