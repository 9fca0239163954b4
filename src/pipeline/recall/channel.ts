/** What a channel may know of a request. */
export interface RecallRequest {
  /** items that the user acted on, oldest first: dense catalogue indices */
  readonly history: Int32Array;
  readonly nowMs: number;
  /** what exploration draws by */
  readonly requestId?: string;
  /** what filters leave: seen, blocked and sold out items are not recalled in the first place */
  isAllowed(item: number): boolean;
}

/** [n] items, best first and without repeats, with the channel's own scores. */
export interface RecallList {
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

/** One way to find candidates. Channels are cheap: what is costly is prepared between requests. */
export interface RecallChannel {
  readonly name: string;
  /** @param count items at most */
  recall(request: RecallRequest, count: number): RecallList;
}

export const nothing: RecallList = { items: new Int32Array(0), scores: new Float32Array(0) };
