import { AutoModelError } from '../../platform/index.js';
import type {
  Appended,
  EventSink,
  RecommendRequest,
  RecommendResponse,
  Recommender,
  ServedEvent,
} from '../../schema/index.js';

/** What was found until now. */
export interface Comparison {
  requests: number;
  /** items in the answers */
  items: number;
  events: number;
  /** requests with other items, another order, version or variants, or numbers that are too far from each other */
  differing: number;
  /** what was different first */
  firstDifference: string | undefined;
  largestScoreDifference: number;
  largestPropensityDifference: number;
}

type Service = Recommender & EventSink;

/**
 * Two services that are asked and told the same, where the first one's answers count. It says whether they are one: the same items in the same
 * order, from the same version and arms, with scores and propensities that are equal to within a tolerance.
 */
export class ComparedServices implements Recommender, EventSink {
  readonly comparison: Comparison = {
    requests: 0,
    items: 0,
    events: 0,
    differing: 0,
    firstDifference: undefined,
    largestScoreDifference: 0,
    largestPropensityDifference: 0,
  };

  /** @param tolerance largest difference of a score and of a propensity; default 1e-5 */
  constructor(
    private readonly first: Service,
    private readonly other: Service,
    private readonly tolerance = 1e-5,
  ) {}

  async recommend(requests: readonly RecommendRequest[]): Promise<readonly RecommendResponse[]> {
    const [answers, others] = await Promise.all([
      this.first.recommend(requests),
      this.other.recommend(requests),
    ]);
    if (answers.length !== requests.length || others.length !== requests.length)
      throw new AutoModelError(
        'PREDICTIONS_INVALID',
        `${requests.length} requests got ${answers.length} and ${others.length} answers`,
      );
    const { comparison } = this;
    answers.forEach((answer, n) => {
      comparison.requests += 1;
      comparison.items += answer.items.length;
      const difference = this.differenceOf(answer, others[n]);
      if (difference === undefined) return;
      comparison.differing += 1;
      comparison.firstDifference ??= `request ${answer.requestId}: ${difference}`;
    });
    return answers;
  }

  async append(events: readonly ServedEvent[]): Promise<Appended> {
    const [appended, other] = await Promise.all([this.first.append(events), this.other.append(events)]);
    this.comparison.events += events.length;
    if (appended.stored !== other.stored)
      throw new AutoModelError(
        'PREDICTIONS_INVALID',
        `Of ${events.length} events one service stored ${appended.stored}, the other ${other.stored}`,
        { remedy: 'Let both begin with the same event log.' },
      );
    return appended;
  }

  private differenceOf(one: RecommendResponse, other: RecommendResponse): string | undefined {
    const named = ({ requestId, user, version, variants, items }: RecommendResponse): string =>
      JSON.stringify([
        requestId,
        user,
        version,
        variants,
        items.map(({ item, position }) => [position, item]),
      ]);
    if (named(one) !== named(other)) return `${named(one)} is not ${named(other)}`;
    const { comparison, tolerance } = this;
    let found: string | undefined;
    one.items.forEach(({ item, score, propensity }, n) => {
      const apart = Math.abs(score - other.items[n].score);
      const chances = Math.abs(propensity - other.items[n].propensity);
      comparison.largestScoreDifference = Math.max(comparison.largestScoreDifference, apart);
      comparison.largestPropensityDifference = Math.max(comparison.largestPropensityDifference, chances);
      if (apart <= tolerance && chances <= tolerance) return;
      found ??= `item ${item} has score ${score} and ${other.items[n].score}, propensity ${propensity} and ${other.items[n].propensity}`;
    });
    return found;
  }
}
