import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AutoModelError, log, readJson, writeFileAtomic } from '../../platform/index.js';
import { prepareDataset, type PreparedDataset } from '../../data/index.js';
import { ProjectConfig, projectPaths, type OperationIo, type ProjectPaths } from '../../schema/index.js';
import type { TrialPlace } from '../trial/trial-request.js';
import { resourcesOf } from './training-file.js';

export interface Project {
  readonly paths: ProjectPaths;
  readonly config: ProjectConfig;
}

/** Where everything of the project in a folder lies. @throws PROJECT_MISSING without an automodel.json there */
export function requireProject(directory: string): ProjectPaths {
  const paths = projectPaths(directory);
  if (existsSync(paths.config)) return paths;
  throw new AutoModelError('PROJECT_MISSING', `There is no automodel.json in ${paths.root}`, {
    remedy: 'Run automodel init <files...> there first, or name the folder with --project.',
    details: { directory: paths.root },
  });
}

/** Reads automodel.json. @throws PROJECT_MISSING, CONFIG_INVALID naming the member that is wrong */
export function openProject(directory: string): Project {
  const paths = requireProject(directory);
  const parsed = ProjectConfig.safeParse(readJson(paths.config));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AutoModelError(
      'CONFIG_INVALID',
      `automodel.json: ${issue.path.join('.') || 'document'}: ${issue.message}`,
      {
        remedy: 'Mend that member, or run automodel init again.',
        details: { member: issue.path.join('.') },
      },
    );
  }
  return { paths, config: parsed.data };
}

export function saveProjectConfig(paths: ProjectPaths, config: ProjectConfig): void {
  writeFileAtomic(paths.config, configText(config));
}

function configText(config: ProjectConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * Saves a config that was inferred. The file belongs to the person: another one that is already there is kept beside it.
 */
export function replaceProjectConfig(
  paths: ProjectPaths,
  config: ProjectConfig,
  warn: OperationIo['warn'],
): void {
  const before = existsSync(paths.config) ? readFileSync(paths.config, 'utf8') : undefined;
  if (before !== undefined && before !== configText(config)) {
    const kept = `${paths.config}.bak`;
    writeFileAtomic(kept, before);
    warn({
      code: 'CONFIG_REPLACED',
      message: `automodel.json is replaced by what was inferred now; the one before is kept as ${basename(kept)}.`,
    });
  }
  saveProjectConfig(paths, config);
}

/** Encodes the project's log (once; later calls find it in the cache) and passes its warnings on. */
export async function encodedProject(project: Project, io: OperationIo): Promise<PreparedDataset> {
  let phase = '';
  const prepared = await prepareDataset({
    projectDir: project.paths.root,
    config: project.config,
    cacheDir: join(project.paths.cache, 'datasets'),
    onProgress: (done, message) => {
      if (message !== phase) log.debug({ phase: message }, 'encode');
      phase = message;
      io.onProgress({ kind: 'phase', name: `Encode: ${message}`, done, total: 1 });
    },
    signal: io.signal,
  });
  log.debug(
    { dataset: prepared.dir, cached: prepared.cached, rows: prepared.contract.rows },
    'dataset ready',
  );
  for (const warning of prepared.warnings) io.warn(warning);
  return prepared;
}

/** Where trials of this project read and write. */
export function trialPlace(project: Project, prepared: PreparedDataset, workers: number): TrialPlace {
  const { threads, prefetch } = resourcesOf(project.paths, workers);
  return {
    contractHash: prepared.contract.hash,
    datasetDir: prepared.dir,
    predictionsDir: join(project.paths.cache, 'predictions'),
    checkpointsDir: join(project.paths.cache, 'checkpoints'),
    threads,
    prefetch,
  };
}
