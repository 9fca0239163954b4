/** What happened on one page, position by position; one object is reused for all pages. Truth included. */
export class PageRecord {
  user = 0;
  /** logged day of the request; negative during warm-up */
  day = 0;
  /** requests that the user made before */
  ordinal = 0;
  /** sessions that the user had before */
  session = 0;
  /** whether the page is the first of its session */
  opensSession = false;
  /** Unix seconds of the request */
  second = 0;
  onWifi = false;
  /** code of the arm and of the version that answered */
  arm = 0;
  version = 0;
  latencyMs = 0;
  /** nothing of the page was ever reported, because its arm drops such events */
  dropped = false;
  /** key of all random numbers of the request */
  requestKey = 0;
  /** items that existed, of which the candidates were drawn */
  live = 0;
  /** positions that were filled, and that the user looked at: these are impressions */
  filled = 0;
  reached = 0;

  // by position
  readonly item: Int32Array;
  readonly propensity: Float64Array;
  readonly clickProbability: Float64Array;
  readonly aloneProbability: Float64Array;
  readonly seenSecond: Int32Array;
  readonly click: Uint8Array;
  readonly dwellMs: Int32Array;
  readonly liked: Uint8Array;
  readonly hidden: Uint8Array;
  /** price paid; 0 where nothing was bought */
  readonly paid: Float64Array;
  readonly satisfaction: Float64Array;
  readonly reportedSecond: Int32Array;
  readonly lost: Uint8Array;

  constructor(slateSize: number) {
    this.item = new Int32Array(slateSize);
    this.propensity = new Float64Array(slateSize);
    this.clickProbability = new Float64Array(slateSize);
    this.aloneProbability = new Float64Array(slateSize);
    this.seenSecond = new Int32Array(slateSize);
    this.click = new Uint8Array(slateSize);
    this.dwellMs = new Int32Array(slateSize);
    this.liked = new Uint8Array(slateSize);
    this.hidden = new Uint8Array(slateSize);
    this.paid = new Float64Array(slateSize);
    this.satisfaction = new Float64Array(slateSize);
    this.reportedSecond = new Int32Array(slateSize);
    this.lost = new Uint8Array(slateSize);
  }
}

/** Takes every page that was shown, truth and all; keeps what it needs before it returns. */
export interface Recorder {
  record(page: PageRecord): void;
}
