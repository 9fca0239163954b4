import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { eventTable } from '../../data/index.js';
import { takeWriterLock, type WriterLock } from '../../journal/index.js';
import { AutoModelError, readJson } from '../../platform/index.js';
import { GraphOptimisation, Precision, TableStorage, type OperationIo } from '../../schema/index.js';
import { LiveVersions, ServingStore, StateSettings } from '../../serving/index.js';
import { openProject, type Project } from '../project/open-project.js';
import { idPlace } from './id-place.js';
import { LiveNeighbours } from './live-neighbours.js';
import { LocalOnlineService } from './online-service.js';
import type { AssignVariants, DeployableService, Deployment } from './deployable-service.js';
import { ServedLog } from './served-log.js';
import { projectComposition, projectSettings, servedArtefact, servedRows } from './served-project.js';
import type { ModelResources, VersionParts } from './ranking.js';
import { ServedVersion, versionName, type PreparedVersion } from './served-version.js';

/** serving.json: what events mean, and columns that are the same for every request. Strict: a person writes it. */
const ServingFile = z.strictObject({
  schemaVersion: z.literal(1).default(1),
  /** members of StateSettings that the project's own are replaced by */
  state: z.record(z.string(), z.unknown()).default({}),
  /** values of columns that a request does not name; a position of 0, say, when models read the position */
  context: z.record(z.string(), z.unknown()).default({}),
  /** how models are computed; plan-serving writes it */
  resources: z
    .strictObject({
      threads: z.number().int().min(1).max(256),
      instances: z.number().int().min(1).max(64),
      optimisation: GraphOptimisation,
      precision: Precision,
      tables: TableStorage,
    })
    .partial()
    .default({}),
  memory: z
    .strictObject({
      /** ids of events by which a repeated one is known: the last ones, at least so many and at most twice as many */
      rememberedIds: z.number().int().min(1000).max(100_000_000),
    })
    .partial()
    .default({}),
});

export interface OnlineServiceOptions extends Deployment {
  readonly projectDir: string;
  /** threads of ONNX Runtime for each version; default: what serving.json says, or 1 */
  readonly modelThreads?: number;
  /** instances of each version's model, each on threads of its own; default: what serving.json says, or 1 */
  readonly modelInstances?: number;
  /** score every candidate as a row of its own, request and all, as a plain wrapper would: to compare with; default false */
  readonly wholeGraph?: boolean;
  /** where event log and snapshot lie; default .automodel/serving/ */
  readonly storeDir?: string;
  /** a snapshot is taken, and neighbours of items are counted again, after so many events; default 100,000 */
  readonly snapshotEvents?: number;
  readonly assign?: AssignVariants;
  readonly io: Pick<OperationIo, 'onProgress' | 'warn' | 'signal' | 'ask' | 'renderReport'>;
}

/** Folder of event log and snapshot of a project. */
export const servingFolder = ({ paths }: Project): string => join(paths.state, 'serving');

/**
 * Opens a project to be recommended from: its items and users, what happened in its training log and in the event log since, and a
 * version made of pipeline.json (or the default composition) and an artefact. Only one may have the store open at a time.
 * @throws PROJECT_MISSING, CONFIG_INVALID; PROJECT_LOCKED when the store is open already; USAGE without an artefact that ranks; ARTEFACT_CORRUPT; CONTRACT_MISMATCH
 */
export async function openOnlineService(options: OnlineServiceOptions): Promise<DeployableService> {
  const project = openProject(options.projectDir);
  const dir = resolve(options.storeDir ?? servingFolder(project));
  mkdirSync(dirname(dir), { recursive: true });
  const lock = takeWriterLock(`${dir}-lock`);
  try {
    return await opened(project, dir, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function opened(
  project: Project,
  dir: string,
  lock: WriterLock,
  options: OnlineServiceOptions,
): Promise<DeployableService> {
  const { io } = options;
  const { config } = project;
  const places = { user: idPlace(config, 'user_id'), item: idPlace(config, 'item_id') };
  const { settings, context, resources, memory } = servingFile(project);
  const known = await servedRows(project, io);
  io.onProgress({ kind: 'phase', name: 'Bring back the state', done: 0, total: undefined });
  let neighbours: LiveNeighbours | undefined;
  const store = await ServingStore.open({
    dir,
    settings,
    ...known,
    snapshotEvents: options.snapshotEvents,
    rememberedIds: memory.rememberedIds,
    onSnapshot: (content) => void neighbours?.refresh(content),
    warn: io.warn,
  });
  const usual: ModelResources = {
    ...asTrained,
    ...resources,
    ...(options.modelThreads !== undefined && { threads: options.modelThreads }),
    ...(options.modelInstances !== undefined && { instances: options.modelInstances }),
  };
  const versions = new LiveVersions<ServedVersion>();
  try {
    neighbours = new LiveNeighbours(join(dir, 'neighbours.bin'), store.state, known.pastName, io.warn);
    const parts: VersionParts = {
      state: store.state,
      ...places,
      userTables: known.rows.userTables,
      neighbours,
      whole: options.wholeGraph ?? false,
    };
    const service = new LocalOnlineService({
      store,
      versions,
      neighbours,
      log: new ServedLog(store, io.warn),
      contextColumns: contextColumns(project),
      context,
      load: (deployment) => prepared(project, parts, usual, deployment, io),
      assign: options.assign,
      release: () => lock.release(),
    });
    io.onProgress({ kind: 'phase', name: 'Load the model', done: 0, total: undefined });
    await service.deploy({
      artefact: options.artefact,
      composition: options.composition,
      resources: options.resources,
    });
    return service;
  } catch (error) {
    await versions.close();
    await neighbours?.close();
    await store.close();
    throw error;
  }
}

const asTrained: ModelResources = {
  threads: 1,
  instances: 1,
  optimisation: 'all',
  precision: 'float32',
  tables: 'float32',
};

/** A version by name, and how to load it. */
async function prepared(
  project: Project,
  parts: VersionParts,
  usual: ModelResources,
  { artefact: wanted, composition: given, resources: own }: Deployment,
  io: OperationIo,
): Promise<PreparedVersion> {
  const composition = given ?? projectComposition(project);
  const resources = { ...usual, ...own };
  const artefact =
    composition?.rank === false && wanted === undefined
      ? undefined
      : await servedArtefact(project, wanted, io);
  if (composition !== undefined)
    return {
      name: versionName(composition, artefact?.dir, resources),
      load: () => ServedVersion.load(parts, composition, artefact, resources),
    };
  // The default composition depends on what the model has, so the version must be loaded to have its name.
  const version = await ServedVersion.load(parts, undefined, artefact, resources);
  return { name: version.name, load: () => Promise.resolve(version), loaded: version };
}

function servingFile(project: Project): {
  readonly settings: StateSettings;
  readonly context: Readonly<Record<string, unknown>>;
  readonly resources: Partial<ModelResources>;
  readonly memory: { readonly rememberedIds?: number | undefined };
} {
  const path = join(project.paths.root, 'serving.json');
  const file = checked(ServingFile, existsSync(path) ? readJson(path) : {}, '');
  const settings = checked(StateSettings, { ...projectSettings(project), ...file.state }, 'state.');
  return { settings, context: file.context, resources: file.resources, memory: file.memory };
}

/** @throws CONFIG_INVALID, naming the member */
function checked<T>(schema: z.ZodType<T>, content: unknown, prefix: string): T {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const member = `${prefix}${path.join('.')}`;
  throw new AutoModelError('CONFIG_INVALID', `serving.json: ${member || 'document'}: ${message}`, {
    remedy: 'Correct serving.json.',
    details: { member },
  });
}

/** Columns of events and of tables that join by the user. */
function contextColumns({ config }: Project): Set<string> {
  const events = eventTable(config);
  return new Set(
    Object.keys(config.columns).flatMap((key) => {
      const dot = key.indexOf('.');
      const table = key.slice(0, dot);
      const { kind, join: keys = [] } = config.tables[table] ?? {};
      const isOfUser =
        kind !== 'unused' &&
        keys.some(({ eventColumn }) => config.columns[`${events}.${eventColumn}`]?.role === 'user_id');
      return table === events || isOfUser ? [key.slice(dot + 1)] : [];
    }),
  );
}
