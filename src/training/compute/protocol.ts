import type { GraphOptimisation } from '../../schema/index.js';

/** Element types that cross to the compute thread. */
export type FeedType = 'float32' | 'int32';

/** A tensor inside a slab: where it begins (bytes), its type and dimensions. */
export interface SlabTensor {
  readonly name: string;
  readonly type: FeedType;
  readonly offset: number;
  readonly dims: readonly number[];
}

/** A stretch of a persistent buffer, in elements; all of it by default. */
export interface BufferPart {
  readonly buffer: string;
  readonly offset?: number;
  readonly length?: number;
}

/**
 * One session of the compute thread. Persistent buffers (weights, optimiser moments, running statistics) stay in the
 * thread; a buffer that is input and output of one run is updated in place.
 */
export interface SessionPlan {
  readonly model: Uint8Array;
  /** input name → part of a persistent buffer */
  readonly inputs: Readonly<Record<string, BufferPart>>;
  /** output name → persistent buffer */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface OpenRequest {
  readonly kind: 'open';
  readonly threads: number;
  /** default all */
  readonly optimisation?: GraphOptimisation;
  readonly sessions: Readonly<Record<string, SessionPlan>>;
  readonly buffers: Readonly<Record<string, Float32Array>>;
}

/** Runs a session. The slabs travel with the request and come back with the reply. */
export interface RunRequest {
  readonly kind: 'run';
  readonly session: string;
  readonly slab: ArrayBuffer;
  readonly feeds: readonly SlabTensor[];
  /** scalar float32 inputs; those that the session does not have are left out */
  readonly scalars: Readonly<Record<string, number>>;
  /** outputs that are written into `resultSlab` */
  readonly results: readonly SlabTensor[];
  readonly resultSlab: ArrayBuffer;
  /** scalar outputs to return by value */
  readonly scalarResults: readonly string[];
}

/** Runs one after the other, with nothing in between and one reply; where one fails, those after it do not run. */
export interface RunAllRequest {
  readonly kind: 'run-all';
  readonly runs: readonly Omit<RunRequest, 'kind'>[];
}

/** Copies persistent buffers inside the thread: [from, to] pairs; a missing target is made. */
export interface CopyRequest {
  readonly kind: 'copy';
  readonly pairs: readonly (readonly [string, string])[];
}

/** Makes or replaces persistent buffers. */
export interface PutRequest {
  readonly kind: 'put';
  readonly buffers: Readonly<Record<string, Float32Array>>;
}

export interface ClearRequest {
  readonly kind: 'clear';
  readonly names: readonly string[];
}

export interface ExportRequest {
  readonly kind: 'export';
  readonly names: readonly string[];
}

export interface CloseRequest {
  readonly kind: 'close';
}

export type ComputeRequest =
  | OpenRequest
  | RunRequest
  | RunAllRequest
  | CopyRequest
  | PutRequest
  | ClearRequest
  | ExportRequest
  | CloseRequest;

export interface RunReply {
  readonly kind: 'ran';
  readonly slab: ArrayBuffer;
  readonly resultSlab: ArrayBuffer;
  readonly scalars: Readonly<Record<string, number>>;
  readonly computeMs: number;
}

export type ComputeReply =
  | RunReply
  | { readonly kind: 'ran-all'; readonly replies: readonly RunReply[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'exported'; readonly buffers: Readonly<Record<string, Float32Array>> }
  | { readonly kind: 'failed'; readonly message: string };
