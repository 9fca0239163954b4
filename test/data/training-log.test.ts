import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TrainingLogWriter, type ShownItem } from '../../src/data/index.js';
import { ProjectConfig } from '../../src/schema/index.js';

const folder = mkdtempSync(join(tmpdir(), 'training-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const said = (role: string, type: string, unit?: string) => ({ role, type, confidence: 1, reason: '', unit });
const config = (unit = 'milliseconds', type = 'string'): ProjectConfig =>
  ProjectConfig.parse({
    schemaVersion: 1,
    task: 'ctr',
    split: 'time',
    tables: { log: { kind: 'events', format: 'csv', files: [{ path: 'x.csv' }], join: [] } },
    columns: {
      'log.who': said('user_id', type),
      'log.what': said('item_id', 'integer'),
      'log.when': said('timestamp', 'integer', unit),
    },
    clock: 'when',
  });

const shown = (n: number, more: Partial<ShownItem> = {}): ShownItem => ({
  requestId: `r${n >> 1}`,
  user: `user "${n >> 1}"`,
  item: String(n),
  atMs: 1_700_000_000_123 + n,
  position: n % 2,
  propensity: 0.5,
  version: 'v',
  variants: {},
  context: {},
  ...more,
});

let files = 0;
async function written(fill: (writer: TrainingLogWriter) => void, reportedBy?: string, settings = config()) {
  const out = join(folder, `log-${(files += 1)}.jsonl`);
  const writer = new TrainingLogWriter(out, settings);
  fill(writer);
  const rows = await writer.write(reportedBy);
  const lines = readFileSync(out, 'utf8').split('\n').filter(Boolean);
  expect(lines.length).toBe(rows);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('TrainingLogWriter', () => {
  it('joins what was shown with what came of it, under the names of the project', async () => {
    const rows = await written((writer) => {
      writer.shown(shown(0, { variants: { taste: 'B' }, context: { hour: 3 } }));
      writer.shown(shown(1));
      writer.shown(shown(2));
      writer.outcome({ requestId: 'r0', item: '0', kind: 'click', value: undefined });
      writer.outcome({ requestId: 'r0', item: '0', kind: 'click', value: undefined });
      writer.outcome({ requestId: 'r1', item: '0', kind: 'click', value: undefined }); // another request
      writer.outcome({ requestId: 'r0', item: '1', kind: 'dwell', value: 4 });
      writer.outcome({ requestId: 'r0', item: '1', kind: 'dwell', value: 9 });
    });
    expect(rows).toEqual([
      {
        request_id: 'r0',
        who: 'user "0"',
        what: 0,
        when: 1_700_000_000_123,
        position: 0,
        propensity: 0.5,
        model_version: 'v',
        variants: '{"taste":"B"}',
        hour: 3,
        click: 1,
        dwell: 0,
        dwell_value: null,
      },
      expect.objectContaining({ what: 1, click: 0, dwell: 1, dwell_value: 9, hour: null }),
      expect.objectContaining({ request_id: 'r1', what: 2, click: 0, dwell: 0 }),
    ]);
  });

  it('leaves out what nobody reported as shown, where anything is reported', async () => {
    const fill = (writer: TrainingLogWriter): void => {
      writer.shown(shown(0));
      writer.shown(shown(1));
      writer.outcome({ requestId: 'r0', item: '1', kind: 'impression', value: undefined });
    };
    expect((await written(fill, 'impression')).map(({ what }) => what)).toEqual([1]);
    expect((await written(fill, 'viewed')).length).toBe(2);
    expect((await written(fill)).length).toBe(2);
  });

  it('gives hostile and colliding names columns of their own, and mixed context a common type', async () => {
    const kind = `x" FROM nothing; --'`;
    const rows = await written((writer) => {
      writer.shown(shown(0, { context: { position: 7, WHO: true, mixed: 1, half: 1, list: [1, 2] } }));
      writer.shown(shown(1, { context: { mixed: 'a', half: 0.5, none: null } }));
      writer.outcome({ requestId: 'r0', item: '0', kind, value: undefined });
      writer.outcome({ requestId: 'r0', item: '0', kind: 'position', value: 3 });
    });
    expect(rows[0]).toMatchObject({
      position: 0,
      position_2: 7,
      WHO_2: true,
      mixed: '1',
      half: 1,
      list: '[1,2]',
      [kind]: 1,
      position_3: 1,
      position_value: 3,
    });
    expect(rows[1]).toMatchObject({ mixed: 'a', half: 0.5, [kind]: 0 });
    expect(rows[1]).not.toHaveProperty('none');
  });

  it('writes moments in the unit of the clock', async () => {
    const moment = async (unit: string) =>
      (await written((writer) => writer.shown(shown(0)), undefined, config(unit)))[0]['when'];
    expect(await moment('seconds')).toBe(1_700_000_000);
    expect(await moment('microseconds')).toBe(1_700_000_000_123_000);
    expect(await moment('timestamp')).toMatch(/^2023-11-14 22:13:20\.123/);
  });

  it('is an empty table when nothing was shown, and leaves nothing behind', async () => {
    expect(await written(() => {})).toEqual([]);
    const writer = new TrainingLogWriter(join(folder, 'never.parquet'), config());
    writer.shown(shown(0));
    writer.discard();
    writer.discard();
    expect(readdirSync(folder).filter((name) => name.startsWith('.') || name === 'never.parquet')).toEqual(
      [],
    );
    expect(() => new TrainingLogWriter(join(folder, 'x.csv'), config())).toThrow(/\.parquet or \.jsonl/);
  });
});
