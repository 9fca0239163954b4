// Cuts a log to the plan's rows, infers the project and encodes it: the only part that needs the raw data and DuckDB.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { encodedProject, openProject } from '../../dist/agents/project/open-project.js';
import { cutRows } from './plan.mjs';

const cli = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));
const quoted = (path) => `'${path.replaceAll("'", "''")}'`;

/** Rows of the cut with their split, written beside copies of the side tables. */
async function cut(dataset, from, to) {
  const source = quoted(join(from, dataset.events));
  const target = quoted(join(to, dataset.events));
  const { train, valid, test } = cutRows;
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  const columns = described
    .getRowsJson()
    .map(([name]) => `"${name}"`)
    .filter((name) => name !== '"split"');
  await connection.run(`
    COPY (
      SELECT ${columns.join(', ')},
        CASE WHEN n < ${train} THEN 'train' WHEN n < ${train + valid} THEN 'valid' ELSE 'test' END AS split
      FROM (
        SELECT *, row_number() OVER (ORDER BY ${dataset.order}) - 1
          - CAST(floor(count(*) OVER () * ${dataset.from}) AS BIGINT) AS n
        FROM ${source}
      )
      WHERE n >= 0 AND n < ${train + valid + test}
      ORDER BY n
    ) TO ${target} (FORMAT parquet)`);
  connection.closeSync();
  for (const file of [...dataset.side, 'dataset.json'])
    if (existsSync(join(from, file))) cpSync(join(from, file), join(to, file));
}

/** Leaves `<work>/<id>/encoded`, which is all that the trainings need. */
export async function prepare(dataset, dataDir, work) {
  const home = join(work, dataset.id);
  const encoded = join(home, 'encoded');
  if (existsSync(encoded)) return;
  const files = join(home, 'files');
  const project = join(home, 'project');
  rmSync(home, { recursive: true, force: true });
  for (const dir of [files, project]) mkdirSync(dir, { recursive: true });
  await cut(dataset, join(dataDir, dataset.folder), files);
  const tables = [dataset.events, ...dataset.side].map((file) => join(files, file));
  const init = ['init', ...tables, '--task', 'ctr', '--split', 'column:split', ...dataset.init];
  execFileSync(process.execPath, [cli, ...init, '--project', project], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const io = { onProgress: () => {}, warn: (warning) => console.error(warning.message) };
  const { dir } = await encodedProject(openProject(project), { ...io, signal: new AbortController().signal });
  cpSync(dir, `${encoded}.part`, { recursive: true });
  writeFileSync(join(`${encoded}.part`, 'cut.json'), JSON.stringify({ from: basename(dir), ...cutRows }));
  cpSync(`${encoded}.part`, encoded, { recursive: true });
  for (const rest of [files, project, `${encoded}.part`]) rmSync(rest, { recursive: true, force: true });
}
