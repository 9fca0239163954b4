/**
 * Requests that share a pass, by integer ids, column by column, and their answers. Entry n owns candidates
 * [n * candidateLimit, + candidateCount[n]) and the slate [n * slateSize, + filled[n]).
 */
export class RequestBatch {
  count = 0;
  readonly user: Int32Array;
  /** requests that the user made before this one */
  readonly ordinal: Int32Array;
  /** Unix seconds */
  readonly second: Int32Array;
  readonly onWifi: Uint8Array;
  readonly candidates: Int32Array;
  readonly candidateCount: Int32Array;
  /** key of the policy's own random numbers: a function of user and ordinal alone */
  readonly randomKey: Uint32Array;
  // written by whoever serves
  readonly slates: Int32Array;
  readonly propensities: Float64Array;
  readonly filled: Int32Array;
  /** code of the version that answered, from the world's names */
  readonly version: Int32Array;
  /** code of the arm that answered; given as the world assigned it */
  readonly arm: Int32Array;

  constructor(
    readonly capacity: number,
    readonly slateSize: number,
    readonly candidateLimit: number,
  ) {
    this.user = new Int32Array(capacity);
    this.ordinal = new Int32Array(capacity);
    this.second = new Int32Array(capacity);
    this.onWifi = new Uint8Array(capacity);
    this.candidates = new Int32Array(capacity * candidateLimit);
    this.candidateCount = new Int32Array(capacity);
    this.randomKey = new Uint32Array(capacity);
    this.slates = new Int32Array(capacity * slateSize);
    this.propensities = new Float64Array(capacity * slateSize);
    this.filled = new Int32Array(capacity);
    this.version = new Int32Array(capacity);
    this.arm = new Int32Array(capacity);
  }
}
