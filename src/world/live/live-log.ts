import { hash32 } from '../../platform/index.js';
import { CandidateDraw } from '../candidate-draw.js';
import { GrowingColumns } from './growing-columns.js';
import { candidateDraw } from './page-player.js';
import type { PageRecord, Recorder } from './page-record.js';

const requestColumns = (rows: number) => ({
  user: new Int32Array(rows),
  ordinal: new Int32Array(rows),
  session: new Int32Array(rows),
  /** Unix seconds */
  second: new Int32Array(rows),
  onWifi: new Uint8Array(rows),
  arm: new Int32Array(rows),
  version: new Int32Array(rows),
  latencyMs: new Float32Array(rows),
  dropped: new Uint8Array(rows),
  requestKey: new Uint32Array(rows),
  /** items that existed; with the key they give the candidates again */
  live: new Int32Array(rows),
  filled: new Int32Array(rows),
  /** impressions [first, first + reached) */
  first: new Int32Array(rows),
  reached: new Int32Array(rows),
});

const impressionColumns = (rows: number) => ({
  item: new Int32Array(rows),
  propensity: new Float32Array(rows),
  /** Unix seconds */
  second: new Int32Array(rows),
  click: new Uint8Array(rows),
  dwellMs: new Int32Array(rows),
  liked: new Uint8Array(rows),
  hidden: new Uint8Array(rows),
  paid: new Float32Array(rows),
  /** when the report of it arrived, or would have */
  reportedSecond: new Int32Array(rows),
  /** never reported */
  lost: new Uint8Array(rows),
  // truth that no recommender sees
  clickProbability: new Float32Array(rows),
  aloneProbability: new Float32Array(rows),
  satisfaction: new Float32Array(rows),
});

export type RequestColumns = ReturnType<typeof requestColumns>;
export type ImpressionColumns = ReturnType<typeof impressionColumns>;

/**
 * The world's own log of its logged days: a row per request, a row per shown position, lost ones included and marked. Requests
 * stand in order of their tick; `order` gives them by second and user.
 */
export class LiveLog implements Recorder {
  private readonly ofRequests = new GrowingColumns(requestColumns);
  private readonly ofImpressions = new GrowingColumns(impressionColumns);

  get requests(): number {
    return this.ofRequests.rows;
  }

  get impressions(): number {
    return this.ofImpressions.rows;
  }

  /** Columns of requests; rows beyond `requests` are empty. Read anew after every page. */
  get request(): RequestColumns {
    return this.ofRequests.columns;
  }

  /** Columns of impressions; rows beyond `impressions` are empty. Read anew after every page. */
  get impression(): ImpressionColumns {
    return this.ofImpressions.columns;
  }

  record(page: PageRecord): void {
    if (page.day < 0) return;
    const row = this.ofRequests.add(1);
    const from = this.ofImpressions.add(page.reached);
    const { request, impression } = this;
    request.user[row] = page.user;
    request.ordinal[row] = page.ordinal;
    request.session[row] = page.session;
    request.second[row] = page.second;
    request.onWifi[row] = page.onWifi ? 1 : 0;
    request.arm[row] = page.arm;
    request.version[row] = page.version;
    request.latencyMs[row] = page.latencyMs;
    request.dropped[row] = page.dropped ? 1 : 0;
    request.requestKey[row] = page.requestKey;
    request.live[row] = page.live;
    request.filled[row] = page.filled;
    request.first[row] = from;
    request.reached[row] = page.reached;
    for (let position = 0; position < page.reached; position += 1) {
      const at = from + position;
      impression.item[at] = page.item[position];
      impression.propensity[at] = page.propensity[position];
      impression.second[at] = page.seenSecond[position];
      impression.click[at] = page.click[position];
      impression.dwellMs[at] = page.dwellMs[position];
      impression.liked[at] = page.liked[position];
      impression.hidden[at] = page.hidden[position];
      impression.paid[at] = page.paid[position];
      impression.reportedSecond[at] = page.reportedSecond[position];
      impression.lost[at] = page.lost[position] === 1 || page.dropped ? 1 : 0;
      impression.clickProbability[at] = page.clickProbability[position];
      impression.aloneProbability[at] = page.aloneProbability[position];
      impression.satisfaction[at] = page.satisfaction[position];
    }
  }

  /** Rows of requests by second, then by user: an order that no batching and no tick length can change. */
  order(): Int32Array {
    const { second, user } = this.request;
    const rows = Int32Array.from({ length: this.requests }, (_, row) => row);
    return rows.sort((a, b) => second[a] - second[b] || user[a] - user[b]);
  }

  /** The items that a request could be answered with, by what was drawn for it. @returns a view that the next call overwrites */
  candidatesOf(row: number, draw: CandidateDraw): Int32Array {
    return draw.draw(this.request.live[row], hash32(this.request.requestKey[row], candidateDraw));
  }
}
