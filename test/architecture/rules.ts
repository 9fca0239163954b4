import type { Import, SourceFile } from './read-source.js';

/** The house rules of the design, as functions from sources to violations in words. */
export type Rule = (sources: readonly SourceFile[]) => string[];

/** Room → floor. A room that is missing here is refused, so a new room is a decision and not an accident. */
export const floors: Readonly<Record<string, number>> = {
  graph: 0,
  space: 0,
  stats: 0,
  schema: 0,
  platform: 0,
  training: 1,
  data: 1,
  journal: 1,
  execution: 1,
  models: 2,
  features: 2,
  pipeline: 2,
  serving: 2,
  search: 2,
  world: 2,
  experiments: 2,
  agents: 3,
  cli: 4,
  http: 4,
  report: 4,
};

/** Arrows inside floor 0; everything may use platform. */
const groundFloor: Readonly<Record<string, readonly string[]>> = {
  graph: ['space', 'schema', 'platform'],
  space: ['platform'],
  stats: ['platform'],
  schema: ['platform'],
  platform: [],
};

/** The process entry binds the faces of the top floor to each other; nothing else may. */
const compositionRoot = 'cli/index.ts';
/** The package's own face re-exports rooms. */
const packageRoot = 'index.ts';

export function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

export const knownRooms: Rule = (sources) =>
  sources
    .filter(({ path }) => path !== packageRoot && floors[roomOf(path)] === undefined)
    .map(({ path }) => `${path} lies in no room of the house`);

export const floorsHold: Rule = (sources) =>
  crossings(sources).flatMap(({ source, crossing, from, to }) => {
    if (source.path === packageRoot || mayUse(from, to)) return [];
    if (source.path === compositionRoot && floors[to] === 4) return [];
    return [
      `${at(source, crossing)} (${from}, floor ${floors[from]}) must not import ${to} (floor ${floors[to]})`,
    ];
  });

export const onlyPublicFaces: Rule = (sources) =>
  crossings(sources).flatMap(({ source, crossing, to }) =>
    crossing.target === `${to}/index.ts`
      ? []
      : [`${at(source, crossing)} imports ${crossing.target} past ${to}/index.ts`],
  );

/** Cycles of imports that exist at run time; types vanish before any module runs. */
export const noCycles: Rule = (sources) => {
  const targets = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.flatMap(({ target, typeOnly }) => (target === undefined || typeOnly ? [] : [target])),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      cycles.push(`cycle: ${[...way.slice(way.indexOf(path)), path].join(' → ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const target of targets.get(path) ?? []) walk(target, [...way, path]);
    done.add(path);
  };
  for (const path of targets.keys()) walk(path, []);
  return cycles;
};

/** Where each ambient thing may be read. */
const ambientHomes: Readonly<Record<string, readonly string[]>> = {
  'process.env': ['platform/config.ts'],
  'Math.random': ['platform/rng.ts'],
  'crypto.randomUUID': ['platform/rng.ts'],
  'crypto.getRandomValues': ['platform/rng.ts'],
  // modules are loaded by import alone: what require brings in, no rule can follow
  createRequire: [],
  globalThis: [],
};
const timeHome = ['platform/clock.ts'];

export const ambientAtHome: Rule = (sources) =>
  sources.flatMap(({ path, ambient }) =>
    ambient
      .filter(({ use }) => !(ambientHomes[use] ?? timeHome).includes(path))
      .map(
        ({ use, line }) =>
          `${path}:${line} uses ${use} outside ${(ambientHomes[use] ?? timeHome).join(', ') || 'no file at all'}`,
      ),
  );

const mostLines = 400;

export const filesStaySmall: Rule = (sources) =>
  sources
    .filter(({ lines }) => lines > mostLines)
    .map(({ path, lines }) => `${path} has ${lines} lines, more than ${mostLines}`);

/**
 * What opens sealed test labels, and who may import it: the scorer's process, and the refit that adds test rows after
 * the claim was made. Their entries are started as processes of their own and imported by nobody.
 */
const sealOpeners: ReadonlyMap<string, readonly string[]> = new Map([
  ['openSealed', ['agents/evaluation/sealed-scores.ts', 'agents/trial/refit-worker.ts']],
  ['scoreSealed', ['agents/evaluation/scorer-worker.ts']],
]);
const sealEntries: readonly string[] = ['agents/evaluation/scorer-worker.ts', 'agents/trial/refit-worker.ts'];

export const sealStaysClosed: Rule = (sources) =>
  sources.flatMap((source) =>
    source.imports.flatMap((found) => {
      if (found.typeOnly || found.target === undefined || roomOf(source.path) === 'data') return [];
      if (sealEntries.includes(found.target))
        return [`${at(source, found)} loads ${found.target} into its own process`];
      const wide = found.names.includes('*') && bringsOpener(found.target);
      const named = found.names.find((name) => sealOpeners.get(name)?.includes(source.path) === false);
      return wide || named !== undefined ? [`${at(source, found)} can open the sealed test labels`] : [];
    }),
  );

/** Files that a star import would take an opener from. */
function bringsOpener(target: string): boolean {
  return roomOf(target) === 'data' || sealOpeners.get('openSealed')?.includes(target) === true;
}

/** Every room has an index.ts that opens with what the room is for. */
export const roomsHaveFaces: Rule = (sources) => {
  const faces = new Map(sources.map((source) => [source.path, source]));
  const rooms = [...new Set(sources.map(({ path }) => roomOf(path)))].filter((room) => room !== '');
  return rooms.flatMap((room) => {
    const face = faces.get(`${room}/index.ts`);
    if (face === undefined) return [`${room} has no index.ts`];
    return face.opening.startsWith(`${room}: `) ? [] : [`${face.path} does not open with "${room}: ..."`];
  });
};

function mayUse(from: string, to: string): boolean {
  if (to === 'platform') return true;
  return floors[from] === 0 ? groundFloor[from].includes(to) : floors[to] < floors[from];
}

interface Crossing {
  readonly source: SourceFile;
  readonly crossing: Import;
  readonly from: string;
  readonly to: string;
}

function crossings(sources: readonly SourceFile[]): Crossing[] {
  return sources.flatMap((source) =>
    source.imports.flatMap((crossing) => {
      if (crossing.target === undefined) return [];
      const from = roomOf(source.path);
      const to = roomOf(crossing.target);
      return from === to ? [] : [{ source, crossing, from, to }];
    }),
  );
}

function at(source: SourceFile, found: Import): string {
  return `${source.path}:${found.line}`;
}
