import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedConfig, readConfig, type Config } from '../../src/platform/config.js';
import { checkSettings } from '../../src/platform/environment.js';
import { isAutoModelError, type AutoModelError } from '../../src/platform/index.js';

function refusalOf(run: () => unknown): AutoModelError {
  try {
    run();
  } catch (error) {
    if (isAutoModelError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const wholeNumbers = [
  ['AUTOMODEL_THREADS', (config: Config) => config.threads],
  ['AUTOMODEL_MEMORY_MB', (config: Config) => config.memoryMb],
] as const;

describe.each(wholeNumbers)('%s', (name, read) => {
  it('is read as a positive integer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 9 }), (value) => {
        expect(read(readConfig({ [name]: String(value) }))).toBe(value);
      }),
    );
    expect(read(readConfig({ [name]: ' 3 ' }))).toBe(3);
  });

  it('has a default when it is unset or empty', () => {
    const fallback = name === 'AUTOMODEL_THREADS' ? availableParallelism() : 2048;
    expect(read(readConfig({}))).toBe(fallback);
    expect(read(readConfig({ [name]: '' }))).toBe(fallback);
  });

  it.each(['0', '-1', '2.5', 'two', '1e3', '0x10', '4 cores', 'NaN', 'Infinity', ' ', '9'.repeat(20)])(
    'refuses %j by name instead of taking the default in silence',
    (text) => {
      const error = refusalOf(() => read(readConfig({ [name]: text })));
      expect(error.code).toBe('CONFIG_INVALID');
      expect(error.message).toContain(name);
      expect(error.message).toContain(JSON.stringify(text));
      expect(error.remedy).toContain('positive integer');
      expect(error.details).toEqual({ variable: name, given: text });
    },
  );

  it('does not spoil the settings beside it', () => {
    const config = readConfig({ [name]: 'wrong', AUTOMODEL_LOG: 'debug' });
    expect(config.logLevel).toBe('debug');
    expect(config.tempDir).not.toBe('');
  });
});

describe('AUTOMODEL_LOG', () => {
  it.each(['trace', 'debug', 'info', 'warn', 'error', 'silent'])('takes %s', (level) => {
    expect(readConfig({ AUTOMODEL_LOG: level }).logLevel).toBe(level);
    expect(readConfig({ AUTOMODEL_LOG: ` ${level.toUpperCase()} ` }).logLevel).toBe(level);
  });

  it('is warn when unset or empty', () => {
    expect(readConfig({}).logLevel).toBe('warn');
    expect(readConfig({ AUTOMODEL_LOG: '' }).logLevel).toBe('warn');
  });

  it.each(['verbose', 'all', '30', 'toString', 'warn,debug'])('refuses %j and names the levels', (text) => {
    const error = refusalOf(() => readConfig({ AUTOMODEL_LOG: text }).logLevel);
    expect(error.message).toContain('AUTOMODEL_LOG');
    expect(error.remedy).toContain('trace, debug, info, warn, error, silent');
  });
});

describe('NO_COLOR', () => {
  it.each([
    [{}, true],
    [{ NO_COLOR: '' }, true],
    [{ NO_COLOR: '1' }, false],
    // the convention asks for presence, not for truth
    [{ NO_COLOR: '0' }, false],
    [{ NO_COLOR: 'false' }, false],
  ])('%j: colour is %s', (environment, colour) => {
    expect(readConfig(environment).colour).toBe(colour);
  });
});

describe('AUTOMODEL_TOKENS', () => {
  it('is a list, and reaches no child', () => {
    const { serverTokens, childEnvironment } = readConfig({ AUTOMODEL_TOKENS: 'a-long-token, another-one,' });
    expect(serverTokens).toEqual(['a-long-token', 'another-one']);
    expect(childEnvironment).toEqual({});
    expect(readConfig({}).serverTokens).toEqual([]);
  });
});

describe('checkedConfig', () => {
  it('gives every setting, and refuses any that is wrong', () => {
    expect(checkedConfig(readConfig({ AUTOMODEL_THREADS: '3' }))).toMatchObject({
      threads: 3,
      memoryMb: 2048,
    });
    for (const name of ['AUTOMODEL_THREADS', 'AUTOMODEL_MEMORY_MB', 'AUTOMODEL_LOG'])
      expect(refusalOf(() => checkedConfig(readConfig({ [name]: '-' }))).message).toContain(name);
  });

  it('is a check of the doctor, which does not throw', () => {
    expect(checkSettings(readConfig({ AUTOMODEL_THREADS: '3' }))).toMatchObject({
      ok: true,
      message: expect.stringContaining('3 compute thread(s), 2048 MiB'),
    });
    expect(checkSettings(readConfig({ AUTOMODEL_MEMORY_MB: 'lots' }))).toMatchObject({
      ok: false,
      message: expect.stringContaining('AUTOMODEL_MEMORY_MB'),
      remedy: expect.stringContaining('positive integer'),
    });
  });
});

describe('the environment of a worker', () => {
  it('holds what it needs to start and our settings, and no secret whatever its name', () => {
    const needed = { PATH: '/bin', HOME: '/home/me', TZ: 'UTC', AUTOMODEL_THREADS: '2', NO_COLOR: '1' };
    const secrets = {
      AWS_SECRET_ACCESS_KEY: 's',
      OPENAI_API_KEY: 's',
      DATABASE_URL: 's',
      GITHUB_TOKEN: 's',
      NODE_OPTIONS: '--require evil.js',
      LD_PRELOAD: 'evil.so',
      AUTOMODEL_TOKEN: 's',
      path: 'other case',
    };
    expect(readConfig({ ...needed, ...secrets }).childEnvironment).toEqual(needed);
  });

  it('keeps an empty value and leaves an unset one out', () => {
    const { childEnvironment } = readConfig({ LANG: '', TZ: undefined });
    expect(childEnvironment).toEqual({ LANG: '' });
  });

  it('passes any foreign name by', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (environment) => {
        for (const name of Object.keys(readConfig(environment).childEnvironment))
          expect(name).toMatch(
            /^(PATH|HOME|TMPDIR|TMP|TEMP|TZ|LANG|LC_ALL|LD_LIBRARY_PATH|SystemRoot|NO_COLOR|AUTOMODEL_(THREADS|MEMORY_MB|LOG))$/,
          );
      }),
    );
  });
});
