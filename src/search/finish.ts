import { normalCdf } from '../stats/index.js';

/** A leader of the screening, as the race starts with it. */
export interface Finalist {
  /** what the screening says of its true score, its own observation included */
  readonly mean: number;
  readonly sd: number;
}

export interface FinishOptions {
  readonly finalists: readonly Finalist[];
  /** fresh runs that may be spent in all */
  readonly runs: number;
  /** sd of one run over seeds */
  readonly noiseSd: number;
  /** the last of the runs, on the winner alone: what is reported. Default a quarter, at least one */
  readonly confirmations?: number;
  /**
   * fresh seeds that a finalist can be run on at most, confirmations included; default no limit. The race may use at least
   * half of them: without it the choice would be the screening's
   */
  readonly mostRunsEach?: number;
  /** run k is decided from the results of runs up to k - lag: the number of workers; default 1 */
  readonly lag?: number;
}

/** One run on a fresh seed: the how-many-th of its finalist, which names the seed. */
export interface FinishRun {
  readonly index: number;
  readonly finalist: number;
  readonly repeat: number;
  readonly stage: 'race' | 'confirm';
}

export interface Standing {
  readonly finalist: number;
  readonly mean: number;
  readonly sd: number;
  readonly runs: number;
}

export interface FinishResult {
  readonly winner: number;
  /** mean of the confirmations: the race did not see them, so they are not chosen for being high */
  readonly reported: number | undefined;
  readonly reportedRuns: number;
}

/** A state machine without a clock, like the search itself: results count in the order of runs, whatever order they come in. */
export interface Finish {
  next(): FinishRun | 'wait' | 'done';
  /** @param score undefined: the run was lost or failed; it counts as spent and says nothing */
  commit(runIndex: number, score: number | undefined): void;
  /** beliefs after the race's results so far, best first */
  standings(): readonly Standing[];
  /** undefined until everything is committed */
  result(): FinishResult | undefined;
}

/** A finalist that is better than the leader with less than this chance gets no more runs. */
const HOPELESS = 0.025;

/**
 * The share of a budget that goes to the finish: about a fifth, at least two runs (one to race, one to report).
 * @param budget evaluations in all
 */
export function finishRuns(budget: number, share = 0.2): number {
  return Math.min(budget, Math.max(2, Math.round(budget * share)));
}

/**
 * Racing (3-evidence rule 11) with sequential elimination. Beliefs are normal: the screening's posterior is the prior, and
 * every fresh run has the known noise. Each run goes to the leader or to the rival that is likeliest to be better than it,
 * whichever is known worse (the top-two rule of Russo 2016 with the challenger of Shang et al., AISTATS 2020); rivals
 * that are hopeless get none, and what is not needed to tell them apart is spent on the report. The winner is the best
 * belief; what is reported of it are runs on seeds that the race never saw.
 */
export function createFinish(options: FinishOptions): Finish {
  const { finalists, runs, noiseSd, mostRunsEach = Number.POSITIVE_INFINITY, lag = 1 } = options;
  const wanted = options.confirmations ?? Math.max(1, Math.round(runs / 4));
  const confirmations = Math.min(wanted, runs, Math.max(1, Math.floor(mostRunsEach / 2)));
  const raceEach = Math.max(0, mostRunsEach - confirmations);
  const decided: FinishRun[] = [];
  const scores = new Map<number, number | undefined>();
  let committed = 0;

  /** Beliefs from race results below `upTo`; decided runs beyond it count as runs without news. */
  function beliefs(upTo: number): Standing[] {
    return finalists.map(({ mean, sd }, finalist) => {
      let precision = 1 / Math.max(sd ** 2, 1e-300);
      let weighted = mean * precision;
      let spent = 0;
      for (const run of decided) {
        if (run.finalist !== finalist || run.stage !== 'race') continue;
        spent += 1;
        const score = run.index < upTo ? scores.get(run.index) : undefined;
        if (score === undefined) continue;
        const own = 1 / Math.max(noiseSd ** 2, 1e-300);
        precision += own;
        weighted += score * own;
      }
      return { finalist, mean: weighted / precision, sd: Math.sqrt(1 / precision), runs: spent };
    });
  }

  const inOrder = (a: Standing, b: Standing): number => b.mean - a.mean || a.finalist - b.finalist;

  /** Whom the race runs next; undefined when it is over. */
  function contestant(upTo: number): Standing | undefined {
    const raced = decided.filter(({ stage }) => stage === 'race').length;
    if (raced >= runs - confirmations) return undefined;
    const [leader, ...rivals] = beliefs(upTo).sort(inOrder);
    if (leader === undefined) return undefined;
    const chance = (rival: Standing): number =>
      normalCdf((rival.mean - leader.mean) / Math.max(Math.hypot(rival.sd, leader.sd), 1e-300));
    const hopeful = rivals.filter((rival) => chance(rival) >= HOPELESS);
    let challenger: Standing | undefined;
    // Uncertainty that runs on their way will remove is not counted twice.
    const closeness = (rival: Standing): number => chance(rival) / (1 + rival.runs);
    for (const rival of hopeful) {
      if (rival.runs >= raceEach && leader.runs >= raceEach) continue;
      if (challenger === undefined || closeness(rival) > closeness(challenger)) challenger = rival;
    }
    if (challenger === undefined) return undefined;
    if (challenger.runs >= raceEach) return leader;
    if (leader.runs >= raceEach) return challenger;
    return challenger.runs <= leader.runs ? challenger : leader;
  }

  function add(finalist: number, stage: FinishRun['stage']): FinishRun {
    const repeat = decided.filter((run) => run.finalist === finalist).length;
    const run = { index: decided.length, finalist, repeat, stage };
    decided.push(run);
    return run;
  }

  const raceIsIn = (): boolean =>
    decided.every(({ index, stage }) => stage === 'confirm' || index < committed);

  let over = false;
  let winner = -1;
  return {
    next() {
      if (finalists.length === 0) return 'done';
      if (!over) {
        const needed = Math.max(0, decided.length - lag + 1);
        if (committed < needed) return 'wait';
        const next = finalists.length < 2 ? undefined : contestant(needed);
        if (next !== undefined) return add(next.finalist, 'race');
        if (!raceIsIn()) return 'wait';
        over = true;
        winner = beliefs(decided.length).sort(inOrder)[0].finalist;
      }
      const used = decided.filter(({ finalist }) => finalist === winner).length;
      // What the race did not need makes the report more exact.
      if (confirmations > 0 && decided.length < runs && used < mostRunsEach) return add(winner, 'confirm');
      return committed === decided.length ? 'done' : 'wait';
    },
    commit(runIndex, score) {
      if (!(runIndex >= 0 && runIndex < decided.length))
        throw new RangeError(`run ${runIndex} of the finish was never given out`);
      scores.set(runIndex, score);
      while (committed < decided.length && scores.has(committed)) committed += 1;
    },
    standings: () => beliefs(committed).sort(inOrder),
    result() {
      if (!over || committed < decided.length) return undefined;
      const confirmed = decided.flatMap(({ index, stage }) => {
        const score = scores.get(index);
        return stage === 'confirm' && score !== undefined ? [score] : [];
      });
      const reported =
        confirmed.length === 0
          ? undefined
          : confirmed.reduce((sum, score) => sum + score, 0) / confirmed.length;
      return { winner, reported, reportedRuns: confirmed.length };
    },
  };
}
