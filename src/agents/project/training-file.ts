import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AutoModelError, config as machine, readJson } from '../../platform/index.js';
import { TrainingFile, type ProjectPaths, type SharedResources } from '../../schema/index.js';

export const trainingFilePath = ({ root }: ProjectPaths): string => join(root, 'training.json');

const empty: TrainingFile = { schemaVersion: 1, batchSizes: {} };

/** training.json of a project; without any choice where it has none. @throws CONFIG_INVALID naming the member that is wrong */
export function readTrainingFile(paths: ProjectPaths): TrainingFile {
  const path = trainingFilePath(paths);
  if (!existsSync(path)) return empty;
  const parsed = TrainingFile.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const member = issue.path.join('.') || 'document';
  throw new AutoModelError('CONFIG_INVALID', `training.json: ${member}: ${issue.message}`, {
    remedy: 'Correct training.json, or remove it and run automodel plan-training --apply.',
    details: { member },
  });
}

/**
 * What each of so many trainings at once gets of the machine: what training.json says for that number, else an even share of the
 * threads.
 */
export function resourcesOf(paths: ProjectPaths, workers: number): SharedResources {
  const { alone, together } = readTrainingFile(paths);
  if (together?.workers === workers && workers > 1) return together;
  if (alone !== undefined && workers === 1) return { ...alone, workers };
  return { workers, threads: Math.max(1, Math.floor(machine.threads / workers)), prefetch: 1 };
}

/**
 * Trainings at once where nobody says how many.
 * @param trainings that there are to do; undefined: any number
 */
export function usualWorkers(paths: ProjectPaths, trainings = Number.POSITIVE_INFINITY): number {
  const workers = readTrainingFile(paths).together?.workers ?? 1;
  return trainings < workers ? 1 : workers;
}
