/** Where every user stands, column by column. A user has at most one request ahead. */
export class UserStates {
  /** Unix second of the next request; Infinity when none comes before the end */
  readonly nextSecond: Float64Array;
  /** whether that request goes on with a session */
  readonly inSession: Uint8Array;
  readonly sessions: Int32Array;
  readonly requests: Int32Array;
  /** requests of the session in hand */
  readonly sessionRequests: Int32Array;
  readonly sessionKey: Uint32Array;
  readonly onWifi: Uint8Array;
  /** what the session is about now; -1 for nothing in particular */
  readonly sessionTopic: Int8Array;
  /** items shown in the session, [users * topics] */
  readonly shownOfTopic: Uint8Array;
  /** seconds that the session has left */
  readonly budget: Float32Array;
  readonly sessionSatisfaction: Float32Array;
  /** satisfaction that the past left, as of `contentDay` */
  readonly contentment: Float32Array;
  readonly contentDay: Int16Array;
  /** code of the version that answered last, -1 for none yet, and since when */
  readonly version: Int32Array;
  readonly versionSince: Float64Array;

  constructor(
    readonly count: number,
    readonly topics: number,
  ) {
    this.nextSecond = new Float64Array(count).fill(Infinity);
    this.inSession = new Uint8Array(count);
    this.sessions = new Int32Array(count);
    this.requests = new Int32Array(count);
    this.sessionRequests = new Int32Array(count);
    this.sessionKey = new Uint32Array(count);
    this.onWifi = new Uint8Array(count);
    this.sessionTopic = new Int8Array(count);
    this.shownOfTopic = new Uint8Array(count * topics);
    this.budget = new Float32Array(count);
    this.sessionSatisfaction = new Float32Array(count);
    this.contentment = new Float32Array(count);
    this.contentDay = new Int16Array(count);
    this.version = new Int32Array(count).fill(-1);
    this.versionSince = new Float64Array(count).fill(-Infinity);
  }
}
