import type { OperationIo } from '../../schema/index.js';
import {
  degradedScore,
  flatLog,
  InteractiveWorld,
  LiveLog,
  oracleScore,
  rankedPolicy,
  writeWorld,
  type LivePolicy,
  type LiveWorld,
} from '../../world/index.js';
import { init } from '../operations/init.js';

export interface LivedProjectOptions {
  readonly world: LiveWorld;
  /** logged days that are lived through */
  readonly logDays: number;
  /** folder of the tables, and of the project */
  readonly logDir: string;
  readonly projectDir: string;
}

/** What a service did before there was a model: a ranking that is right now and then, and a tenth left to chance. It does not learn. */
export const formerPolicy = (world: LiveWorld): LivePolicy =>
  rankedPolicy({
    id: 1,
    exploration: 0.1,
    rankings: [{ weight: 1, score: degradedScore(oracleScore(world, 'click'), 3, 5) }],
  });

/**
 * Lives through the first days of a world under its former policy, writes the log, and makes a project of it whose label is the click.
 * @returns shown impressions of the log, and how many of them were clicked
 */
export async function livedProject(
  { world, logDays, logDir, projectDir }: LivedProjectOptions,
  io: OperationIo,
): Promise<{ readonly impressions: number; readonly clicks: number }> {
  const recorded = new LiveLog();
  const living = new InteractiveWorld({
    world,
    arms: [{ name: 'former', recommender: formerPolicy(world) }],
    recorders: [recorded],
  });
  await living.advanceTo(logDays);
  const cut = { ...world, settings: { ...world.settings, days: logDays } };
  const { files } = await writeWorld(flatLog(cut, recorded), logDir);
  await init(
    {
      projectDir,
      files: files.map(({ path }) => path),
      task: 'ctr',
      split: 'time',
      positive: undefined,
      label: 'click',
      useDatasetJson: false,
    },
    // Of a world it is known what its columns are: nothing is asked.
    { ...io, ask: undefined, warn: () => undefined },
  );
  const { impressions, impression } = recorded;
  let clicks = 0;
  for (let row = 0; row < impressions; row += 1) clicks += impression.click[row];
  return { impressions, clicks };
}

/** When the logged days are over, milliseconds since 1970. */
export const endOfLogMs = ({ settings }: LiveWorld, logDays: number): number =>
  (settings.startSecond + logDays * 86_400) * 1000;
