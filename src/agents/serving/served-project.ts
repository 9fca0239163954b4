import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hashProject, openRecordEncoder, readEntityRows, readPastEvents } from '../../data/index.js';
import { AutoModelError, isAutoModelError, readJson } from '../../platform/index.js';
import { parseComposition, type Composition } from '../../pipeline/index.js';
import type { OperationIo } from '../../schema/index.js';
import type { KnownRows, ServingStoreOptions, StateSettings } from '../../serving/index.js';
import { ArtefactFolder, readsOf } from '../../training/index.js';
import { chosenArtefact, lineageOf } from '../operations/predict.js';
import { fittedProject } from '../project/fitted-project.js';
import { encodedProject, type Project } from '../project/open-project.js';
import type { ServedArtefact } from './ranking.js';

/** Rows of items and users, and how to read what happened so far. */
export async function servedRows(
  { paths, config }: Project,
  io: OperationIo,
): Promise<Pick<ServingStoreOptions, 'rows' | 'past' | 'pastName'>> {
  const options = { projectDir: paths.root, config, signal: io.signal };
  io.onProgress({ kind: 'phase', name: 'Read items and users', done: 0, total: undefined });
  const { items, users, itemTables, userTables, warnings } = await readEntityRows(options);
  for (const warning of warnings) io.warn(warning);
  const rows: KnownRows = {
    items,
    users: new Map(users.map(({ id, record }) => [id, record])),
    itemTables,
    userTables,
  };
  return {
    rows,
    pastName: hashProject(paths.root, config).contract,
    past: () => {
      io.onProgress({ kind: 'phase', name: 'Read the training log', done: 0, total: undefined });
      return readPastEvents(options);
    },
  };
}

/** pipeline.json of a project; undefined where it has none. @throws CONFIG_INVALID */
export function projectComposition({ paths }: Project): Composition | undefined {
  const path = join(paths.root, 'pipeline.json');
  return existsSync(path) ? parseComposition(readJson(path)) : undefined;
}

/** What events mean, with what the project says in place of defaults: its label is what counts as behaviour. */
export function projectSettings({
  config,
}: Project): Pick<StateSettings, 'positive' | 'seen' | 'historyLength'> {
  const rules = positiveRules(config.label);
  const kinds = [...new Set(['impression', ...rules.map(({ kind }) => kind)])];
  return {
    // Models whose histories hold what was shown must get such histories.
    positive: config.history.of === 'exposed' ? [{ kind: 'impression' }] : rules,
    seen: kinds.map((kind) => ({ kind })),
    historyLength: config.history.maxLength,
  };
}

/** Events that a label stands for. "click", "is_click" → click, as a client would say, last; "rating>=4" → rating from 4; "event_type='purchase'" → purchase. */
export function positiveRules(label: Project['config']['label']): StateSettings['positive'] {
  if (label === undefined) return [{ kind: 'click' }];
  const rule = /^\s*"?([^"<>=!]+?)"?\s*(>=|=|==)\s*(?:'([^']*)'|([-+.\deE]+))\s*$/.exec(label.positive ?? '');
  if (rule !== null && rule[3] !== undefined) return [{ kind: rule[3] }];
  if (rule !== null && rule[2] === '>=') return [{ kind: rule[1], atLeast: Number(rule[4]) }];
  const { column } = label;
  return [...new Set([column, column.replace(/^(is|has)_/i, '')])].map((kind) => ({ kind }));
}

/**
 * The artefact to serve with what its dataset was encoded by.
 * @param wanted hash or unique prefix; the newest of a click or rating model where it is left out
 * @throws USAGE when there is none; CONTRACT_MISMATCH when the project is no longer what it was trained on and the encoded data are
 *   gone
 */
export async function servedArtefact(
  project: Project,
  wanted: string | undefined,
  io: OperationIo,
): Promise<ServedArtefact> {
  const { paths } = project;
  const dir = wanted === undefined ? newestRanking(paths.artefacts) : chosenArtefact(paths.artefacts, wanted);
  const { encoding, contractHash } = lineageOf(dir);
  const kept = encoding === undefined ? undefined : join(paths.cache, 'datasets', encoding);
  // Items may have come since: the vocabularies that the model was trained on are what counts, and they are kept.
  if (kept !== undefined && existsSync(join(kept, 'encoded.json')))
    return { dir, encoder: await openRecordEncoder(kept, project.config) };
  const fitted = encoding === undefined ? project : await fittedProject(project, encoding);
  const prepared = await encodedProject(fitted, io);
  if (prepared.contract.hash !== contractHash || (kept !== undefined && prepared.dir !== kept))
    throw new AutoModelError(
      'CONTRACT_MISMATCH',
      `The artefact ${dir} was trained on other data than the project has now`,
      {
        remedy:
          'Train again, name another artefact, or bring back the encoded dataset in .automodel/cache/datasets.',
        details: { artefact: encoding ?? contractHash, project: prepared.dir },
      },
    );
  return { dir, encoder: await openRecordEncoder(prepared.dir, fitted.config) };
}

/** The newest artefact of a model that ranks. */
function newestRanking(artefacts: string): string {
  const names = existsSync(artefacts) ? readdirSync(artefacts) : [];
  return chosenArtefact(artefacts, undefined, (name) => {
    try {
      return names.includes(name) && readsOf(new ArtefactFolder(join(artefacts, name))).task !== 'next-item';
    } catch (error) {
      // One that is damaged is said so when it is named, or is the only one.
      if (isAutoModelError(error)) return names.length === 1;
      throw error;
    }
  });
}
