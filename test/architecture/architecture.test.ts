import { describe, expect, it } from 'vitest';
import { readSource, readSources, type SourceFile } from './read-source.js';
import {
  ambientAtHome,
  filesStaySmall,
  floorsHold,
  knownRooms,
  noCycles,
  onlyPublicFaces,
  roomsHaveFaces,
  sealStaysClosed,
  type Rule,
} from './rules.js';

const sources = readSources();

/** Each rule holds for the house, catches what is planted, and lets its lawful twin pass. */
function rule(
  name: string,
  check: Rule,
  planted: readonly SourceFile[][],
  lawful: readonly SourceFile[][],
): void {
  describe(name, () => {
    it('holds', () => {
      expect(check(sources)).toEqual([]);
    });
    it.each(planted.map((files) => [files.map(({ path }) => path).join(', '), files] as const))(
      'catches a planted %s',
      (_, files) => {
        expect(check(files).length).toBeGreaterThan(0);
      },
    );
    it.each(lawful.map((files) => [files.map(({ path }) => path).join(', '), files] as const))(
      'lets a lawful %s pass',
      (_, files) => {
        expect(check(files)).toEqual([]);
      },
    );
  });
}

const file = readSource;

describe('the scanner', () => {
  it('sees the whole house', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.map(({ path }) => path)).toContain('cli/index.ts');
  });

  it('sees every form of import', () => {
    const { imports } = file(
      'models/a.ts',
      `import { x as y, type T } from '../graph/index.js';
       import type { U } from '../schema/index.js';
       import * as all from '../space/index.js';
       export { z } from './b.js';
       export * from './c.js';
       const late = await import('../stats/index.js');
       let type: import('../data/index.js').V;`,
    );
    expect(imports.map(({ target, names, typeOnly }) => [target, names, typeOnly])).toEqual([
      ['graph/index.ts', ['x', 'T'], false],
      ['schema/index.ts', ['U'], true],
      ['space/index.ts', ['*'], false],
      ['models/b.ts', ['z'], false],
      ['models/c.ts', ['*'], false],
      ['stats/index.ts', ['*'], false],
      ['data/index.ts', ['*'], true],
    ]);
  });

  it('reads code, not comments and strings', () => {
    const { ambient, imports } = file(
      'a/b.ts',
      `// import 'x'; process.env\nconst text = "Date.now() import('y')";`,
    );
    expect(ambient).toEqual([]);
    expect(imports).toEqual([]);
  });
});

rule(
  'every file lies in a room',
  knownRooms,
  [[file('utils/stuff.ts', '')], [file('stray.ts', '')]],
  [[file('graph/a.ts', ''), file('index.ts', '')]],
);

rule(
  'arrows point down, never across',
  floorsHold,
  [
    [file('models/a.ts', `import { x } from '../agents/index.js';`)],
    [file('search/a.ts', `import type { M } from '../models/index.js';`)],
    [file('training/a.ts', `import { x } from '../data/index.js';`)],
    [file('graph/a.ts', `import { x } from '../stats/index.js';`)],
    [file('schema/a.ts', `import { x } from '../graph/index.js';`)],
    [file('platform/a.ts', `import { x } from '../schema/index.js';`)],
    [file('cli/commands/a.ts', `import { renderReport } from '../../report/index.js';`)],
    [file('report/a.ts', `const x = await import('../cli/index.js');`)],
    [file('world/a.ts', `export { x } from '../index.js';`)],
    [file('data/a.ts', `import x = require('../agents/index.js');`)],
    [file('data/a.ts', `const x = createRequire(import.meta.url)('../agents/index.js');`)],
    [file('data/a.ts', `const x = require('../agents/index.js');`)],
    [file('data/a.ts', `import { operations } from 'automodel';`)],
    [file('agents/a.ts', `const { operations } = await import('automodel');`)],
  ],
  [
    [file('models/a.ts', `import { x } from '../graph/index.js'; import { y } from '../training/index.js';`)],
    [
      file(
        'graph/a.ts',
        `import type { Space } from '../space/index.js'; import { z } from '../platform/index.js';`,
      ),
    ],
    [
      file(
        'agents/a.ts',
        `import { search } from '../search/index.js'; import { m } from '../models/index.js';`,
      ),
    ],
    [file('cli/index.ts', `const { renderReport } = await import('../report/index.js');`)],
    [file('index.ts', `export { renderReport } from './report/index.js';`)],
  ],
);

rule(
  'rooms are entered through index.ts',
  onlyPublicFaces,
  [
    [file('models/a.ts', `import { x } from '../graph/ops/matmul.js';`)],
    [file('agents/loop/a.ts', `import type { X } from '../../search/search.js';`)],
  ],
  [
    [file('models/a.ts', `import { x } from '../graph/index.js';`)],
    [file('graph/ops/a.ts', `import { x } from '../shape.js';`)],
  ],
);

rule(
  'no cycles at run time',
  noCycles,
  [
    [file('graph/a.ts', `import { b } from './b.js';`), file('graph/b.ts', `import { a } from './a.js';`)],
    [
      file('graph/a.ts', `export * from './b.js';`),
      file('graph/b.ts', `import './c.js';`),
      file('graph/c.ts', `import { a } from './a.js';`),
    ],
    [file('graph/a.ts', `import { a } from './a.js';`)],
  ],
  [
    [
      file('graph/a.ts', `import { b } from './b.js';`),
      file('graph/b.ts', `import type { A } from './a.js';`),
    ],
    [
      file('graph/a.ts', `import './b.js'; import './c.js';`),
      file('graph/b.ts', `import './c.js';`),
      file('graph/c.ts', ''),
    ],
  ],
);

rule(
  'environment, time and chance come from platform',
  ambientAtHome,
  [
    [file('data/a.ts', `const home = process.env['HOME'];`)],
    [file('data/a.ts', `const { env } = process;`)],
    [file('data/a.ts', `import { env } from 'node:process';`)],
    [file('data/a.ts', `const now = Date.now();`)],
    [file('data/a.ts', `const now = new Date();`)],
    [file('data/a.ts', `const now = new Date;`)],
    [file('data/a.ts', `const now = globalThis.performance.now();`)],
    [file('data/a.ts', `import { performance as p } from 'node:perf_hooks';`)],
    [file('data/a.ts', `const now = process.hrtime.bigint();`)],
    [file('data/a.ts', `const x = Math.random();`)],
    [file('data/a.ts', `const x = Math['random']();`)],
    [file('data/a.ts', `const { random } = Math;`)],
    [file('data/a.ts', `const id = crypto.randomUUID();`)],
    [file('data/a.ts', `import p from 'node:process'; const home = p.env['HOME'];`)],
    [file('data/a.ts', `import { randomUUID, randomBytes } from 'node:crypto';`)],
    [file('data/a.ts', `import { randomBytes as bytes } from 'crypto';`)],
    [file('data/a.ts', `import crypto from 'node:crypto';`)],
    [file('data/a.ts', `const now = new globalThis.Date();`)],
    [file('data/a.ts', `const m = Math; const x = m.random();`)],
    [file('data/a.ts', `const m = globalThis.Math; const x = m.random();`)],
    [file('data/a.ts', `const g = globalThis; const x = g.Math.random();`)],
    [file('data/a.ts', `let now; ({ now } = Date);`)],
    [file('data/a.ts', `const { max, ...others } = Math; const x = others.random();`)],
    [file('data/a.ts', `const x = draw(Math);`)],
    [file('data/a.ts', `const tools = { Math };`)],
    [file('data/a.ts', `const x = (Math as Chance).random();`)],
    [file('data/a.ts', `import { createRequire } from 'node:module';`)],
    [file('platform/rng.ts', `const now = Date.now();`)],
  ],
  [
    [file('platform/config.ts', `const home = process.env['HOME'];`)],
    [file('platform/clock.ts', `const now = Date.now() + performance.now();`)],
    [file('data/a.ts', `const day = new Date(seconds * 1000); const x = Math.max(1, 2); process.exit(0);`)],
    [file('data/a.ts', `const { max } = Math; const isDay = (x: unknown): x is Date => x instanceof Date;`)],
    [file('data/a.ts', `import { createHash } from 'node:crypto'; import type { Hash } from 'node:crypto';`)],
    [
      file(
        'data/a.ts',
        `const run = (performance: { name: string }) => performance.name; type T = { Date: Date };`,
      ),
    ],
  ],
);

rule(
  'files stay small',
  filesStaySmall,
  [[file('graph/a.ts', 'x;\n'.repeat(401))]],
  [[file('graph/a.ts', 'x;\n'.repeat(400))]],
);

rule(
  'only the scorer and the refit open the sealed test labels',
  sealStaysClosed,
  [
    [file('agents/trial/trial-worker.ts', `import { openSealed } from '../../data/index.js';`)],
    [file('agents/trial/trial-worker.ts', `import { openSealed as innocent } from '../../data/index.js';`)],
    [file('agents/loop/a.ts', `import * as data from '../../data/index.js';`)],
    [file('agents/loop/a.ts', `const data = await import('../../data/index.js');`)],
    [file('agents/loop/a.ts', `export * from '../../data/index.js';`)],
    [file('agents/loop/a.ts', `import { scoreSealed } from '../evaluation/sealed-scores.js';`)],
    [file('agents/loop/a.ts', `import '../trial/refit-worker.js';`)],
    [file('cli/a.ts', `export { openSealed } from '../data/index.js';`)],
  ],
  [
    [file('agents/evaluation/sealed-scores.ts', `import { openSealed } from '../../data/index.js';`)],
    [file('agents/evaluation/scorer-worker.ts', `import { scoreSealed } from './sealed-scores.js';`)],
    [file('agents/evaluation/open-test.ts', `import { sealedTables } from './sealed-scores.js';`)],
    [file('agents/loop/a.ts', `import { openDataset } from '../../data/index.js';`)],
    [file('data/index.ts', `export { openSealed } from './open-sealed.js';`)],
  ],
);

rule(
  'every room has one public face that says what it is for',
  roomsHaveFaces,
  [
    [file('graph/a.ts', '')],
    [file('graph/index.ts', `export * from './a.js';`)],
    [file('graph/index.ts', `/** Things. */\nexport * from './a.js';`)],
  ],
  [[file('graph/index.ts', `/**\n * graph: tensors.\n */\nexport * from './a.js';`), file('graph/a.ts', '')]],
);
