import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/platform/index.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'automodel-build-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A clone that holds the build script and nothing that is slow; its compiler writes one file and notes where it ran. */
function clone(name: string, withCompiler = true): string {
  const root = join(folder, name);
  write(join(root, 'src/a.ts'), '');
  write(join(root, 'tsconfig.json'), '{}');
  mkdirSync(join(root, 'scripts'));
  copyFileSync(join(packageRoot, 'scripts/build.mjs'), join(root, 'scripts/build.mjs'));
  if (!withCompiler) return root;
  write(
    join(root, 'node_modules/typescript/bin/tsc'),
    `const fs = require('node:fs');
     fs.mkdirSync('dist/cli', { recursive: true });
     fs.writeFileSync('dist/cli/index.js', process.argv[3]);
     fs.appendFileSync('dist/compiled', '.');`,
  );
  return root;
}

function build(root: string, ...words: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), ...words], { encoding: 'utf8' });
}

describe('scripts/build.mjs', () => {
  it.each(['clone with space', 'größe-数据 100% #1'])('builds in a folder called %s', (name) => {
    const root = clone(name);
    const { status, stderr } = build(root);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const built = join(root, 'dist/cli/index.js');
    expect(readFileSync(built, 'utf8')).toBe(join(root, 'tsconfig.json'));
    expect(statSync(built).mode & 0o111).toBe(0o111);
  });

  it('compiles once for the same sources', () => {
    const root = clone('plain');
    build(root);
    build(root);
    expect(readFileSync(join(root, 'dist/compiled'), 'utf8')).toBe('.');
  });

  it('lets an install without dev dependencies end well, and says what is missing', () => {
    const { status, stderr } = build(clone('plain', false), '--prepare');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^dist\/ was not built: .*npm run build\.\n$/);
  });

  it('fails without a compiler everywhere else', () => {
    expect(build(clone('plain', false)).status).not.toBe(0);
  });

  it('builds as the hook of an install too', () => {
    const root = clone('plain');
    expect(build(root, '--prepare').status).toBe(0);
    expect(existsSync(join(root, 'dist/cli/index.js'))).toBe(true);
  });
});

describe('the package', () => {
  interface Package {
    readonly scripts: Record<string, string>;
    readonly bin: Record<string, string>;
    readonly exports: { readonly '.': { readonly types: string; readonly default: string } };
  }
  const description = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Package;

  it('builds itself when it is packed or linked', () => {
    expect(description.scripts['prepare']).toBe('npm run build -- --prepare');
  });

  it('ships what it points to, and neither tests nor sources', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: packageRoot,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    const { types, default: main } = description.exports['.'];
    for (const path of [description.bin['automodel'], types.slice(2), main.slice(2), 'README.md', 'LICENSE'])
      expect(paths).toContain(path);
    expect(paths.filter((path) => /^(?!dist\/|[^/]+$)|\.test\.|test\//.test(path))).toEqual([]);
  });
});

describe('paths of scripts', () => {
  const undecoded = /new URL\([^)]*\)\s*\.pathname/;
  const files = ['scripts', 'bench', 'examples', 'test'].flatMap((name) =>
    readdirSync(join(packageRoot, name), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(mjs|ts)$/.test(path))
      .map((path) => join(packageRoot, name, path)),
  );

  it('are decoded, since a URL writes a space as %20', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(undecoded.test(`new URL('..', import.meta.url)${'.pathname'}`)).toBe(true);
    expect(files.filter((file) => undecoded.test(readFileSync(file, 'utf8')))).toEqual([]);
  });
});
