import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset, openEngine, profile, writeTable } from '../../src/data/index.js';
import { csvText, faultOf, impressions, infer, prepare, project, type Rows } from './fixtures.js';

const hostile = [
  '"; drop table',
  '__proto__',
  '<script>',
  'constructor',
  `'); COPY x TO '/tmp/x`,
  'a.b',
  'line\nbreak',
  'split@1,2',
  '日本',
  '$1',
  'e0',
  'row',
  't',
  'history',
];

/** A log whose features have hostile names, two of them empty and two equal. */
function hostileCsv(): string {
  const rows: Rows = impressions(120, (row, i) => {
    for (const [k, name] of hostile.entries()) {
      Object.defineProperty(row, name, {
        value: `v${(i + k) % 5}`,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
  });
  const [header, ...lines] = csvText(rows).split(/\n(?=u\d)/);
  const more = lines.map((line, i) => `${line.replace(/\n$/, '')},x${i % 5},y${i % 3},z${i % 5},z${i % 3}`);
  return `${[`${header},,,twin,Twin`, ...more].join('\n')}\n`;
}

describe('hostile names of columns', () => {
  it('are names of fields and nothing else', async () => {
    const found = await infer({ 'log.csv': hostileCsv() }, { task: 'ctr', split: 'time' });
    for (const name of hostile) expect(Object.hasOwn(found.config.columns, `log.${name}`), name).toBe(true);
    const made = await prepare(found.dir, found.config);
    const data = openDataset(made.dir);
    if (data.task === 'next-item') throw new Error('expected ctr');
    const names = data.fields.map((field) => field.name);
    expect(new Set(names).size).toBe(names.length);
    // "history" is a column here, so it gives way to the field of that name
    for (const name of hostile.filter((n) => n !== 'history' && n !== 'row'))
      expect(names, name).toContain(name);
    expect(names).toEqual(expect.arrayContaining(['twin', 'Twin_1', 'history', 'log.history']));
    const block = data.train.block(0);
    for (const name of names.filter((n) => n !== 'history'))
      expect(block.ids.get(name)?.length, name).toBe(block.rows);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    const described = await profile({ projectDir: found.dir, config: found.config });
    expect(described.columns.map((column) => column.column)).toEqual(expect.arrayContaining(hostile));
  });

  it('survive a round trip of automodel.json', async () => {
    const { ProjectConfig } = await import('../../src/schema/index.js');
    const found = await infer({ 'log.csv': hostileCsv() }, { task: 'ctr', split: 'time' });
    expect(ProjectConfig.parse(JSON.parse(JSON.stringify(found.config)))).toEqual(found.config);
  });

  it('may be those of the label, the split and the clock', async () => {
    const log = impressions(100).map(({ label, timestamp, ...rest }, i) => ({
      ...rest,
      '"; drop table': label,
      "part'--": i < 80 ? 'train' : i < 90 ? 'valid' : 'test',
      'when"now': timestamp,
    }));
    const found = await infer(
      { 'log.csv': log },
      { task: 'ctr', label: '"; drop table', split: `column:part'--` },
    );
    found.config.clock = 'when"now';
    found.config.columns['log.when"now'] = {
      ...found.config.columns['log.when"now'],
      role: 'timestamp',
      unit: 'seconds',
    };
    const made = await prepare(found.dir, found.config);
    expect(made.contract.rows).toEqual({ train: 80, validation: 10, test: 10 });
    const positive = await infer(
      { 'log.csv': log },
      { task: 'ctr', positive: '"""; drop table">=1', split: `column:part'--` },
    );
    expect((await prepare(positive.dir, positive.config)).contract.label).toBe('"""; drop table">=1');
  });

  it('come empty and doubled from Parquet too', async () => {
    const { dir } = project({});
    const path = join(dir, 'log.parquet');
    const n = 60;
    const numbers = (f: (i: number) => number): Int32Array => Int32Array.from({ length: n }, (_, i) => f(i));
    await writeTable(path, [
      { name: 'user_id', values: numbers((i) => i % 5) },
      { name: 'item_id', values: numbers((i) => i % 7) },
      { name: 'timestamp', values: numbers((i) => 1_600_000_000 + i) },
      { name: 'label', values: numbers((i) => i % 2) },
      { name: '"; drop table', values: numbers((i) => (i * 3) % 5) },
      { name: '__proto__', values: numbers((i) => (i * 5) % 3) },
    ]);
    const found = await infer({}, { files: [path], projectDir: dir, task: 'ctr', split: 'time' });
    const made = await prepare(dir, found.config);
    expect(made.fieldCount).toBeGreaterThanOrEqual(5);
  });
});

describe('ten thousand columns', () => {
  const count = 10_000;
  const header = [
    'user_id',
    'item_id',
    'timestamp',
    'label',
    ...Array.from({ length: count }, (_, k) => `c${k}`),
  ].join(',');
  const line = (i: number): string =>
    [
      `u${i % 3}`,
      `i${i % 4}`,
      1_600_000_000 + i,
      i % 2,
      ...Array.from({ length: count }, (_, k) => (i * k) % 7),
    ].join(',');
  const csv = `${[header, ...Array.from({ length: 20 }, (_, i) => line(i))].join('\n')}\n`;

  it('are read and described; encoding them says what to do instead', async () => {
    const found = await infer({ 'log.csv': csv }, { task: 'ctr', split: 'time' });
    expect(Object.keys(found.config.columns).length).toBe(count + 4);
    expect(found.warnings.map((warning) => warning.code)).not.toContain('PROBES_SKIPPED');
    expect(found.questions.length).toBeLessThan(100);
    const fault = await faultOf(prepare(found.dir, found.config));
    expect(fault.code).toBe('LIMIT_EXCEEDED');
    expect(fault.remedy).toContain('skip');
  });
});

describe('hostile cells', () => {
  it('are values and nothing else, and never reach an error message', async () => {
    const log = impressions(100, (row, i) => {
      row['user_id'] = `'; DROP TABLE base; --${i % 4}`;
      row['place'] = i % 2 === 0 ? '<script>alert(1)</script>' : '"quoted", and\nbroken';
    });
    const found = await infer({ 'log.csv': log }, { task: 'ctr', split: 'time' });
    const made = await prepare(found.dir, found.config);
    expect(made.contract.rows.train).toBe(80);
    const broken = impressions(100, (row, i) => {
      row['user_id'] = 'alice@example.com';
      row['timestamp'] = i === 3 ? 'alice@example.com' : row['timestamp'];
    });
    const brokenConfig = { ...found.config, columns: { ...found.config.columns } };
    const { dir } = project({ 'log.csv': broken });
    const fault = await faultOf(prepare(dir, brokenConfig));
    expect(fault.code).toBe('TIME_UNPARSABLE');
    expect(JSON.stringify([fault.message, fault.details, fault.remedy])).not.toContain('alice');
  });

  it('cannot make the engine of a project read another file', async () => {
    const { dir, paths } = project({ 'x.csv': 'a\n1\n', 'secret.csv': 'a\n2\n' });
    const engine = await openEngine({ files: [paths[0]] });
    try {
      await faultOf(engine.rows(`SELECT * FROM read_csv('${join(dir, 'secret.csv')}')`));
    } finally {
      engine.close();
    }
  });
});
