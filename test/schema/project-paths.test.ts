import { isAbsolute, join, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectPaths } from '../../src/schema/index.js';

describe('projectPaths', () => {
  it('is the layout that the command contract promises, in absolute paths', () => {
    const paths = projectPaths(join(sep, 'home', 'me', 'shop'));
    expect(Object.values(paths).every((path: string) => isAbsolute(path))).toBe(true);
    const root = resolve(sep, 'home', 'me', 'shop');
    expect(paths).toEqual({
      root,
      config: join(root, 'automodel.json'),
      state: join(root, '.automodel'),
      journal: join(root, '.automodel', 'journal.sqlite'),
      artefacts: join(root, '.automodel', 'artefacts'),
      cache: join(root, '.automodel', 'cache'),
      reports: join(root, '.automodel', 'reports'),
      experiments: join(root, '.automodel', 'experiments.sqlite'),
      events: join(root, '.automodel', 'serving', 'events'),
    });
  });

  it('keeps everything but the configuration below the state folder, and resolves a relative folder', () => {
    const { root, config, state, ...inside } = projectPaths('.');
    expect(root).toBe(process.cwd());
    expect(config.startsWith(state + sep)).toBe(false);
    for (const path of Object.values(inside)) expect(path.startsWith(state + sep)).toBe(true);
  });
});
