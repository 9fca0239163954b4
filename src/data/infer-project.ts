import type { ProjectConfig, Question, Task, Warning } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';

export interface InferOptions {
  /** absolute paths; the only ones that may lie outside the project */
  readonly files: readonly string[];
  readonly projectDir: string;
  /** undefined: inferred */
  readonly task?: Task;
  /** as parseSplit takes it; undefined: inferred */
  readonly split?: string;
  /** "rating>=4" */
  readonly positive?: string;
  readonly label?: string;
  readonly useDatasetJson: boolean;
  readonly signal?: AbortSignal;
}

export interface InferredTable {
  readonly name: string;
  readonly kind: 'events' | 'entity' | 'dated' | 'unused';
  readonly files: readonly string[];
  readonly rows: number;
  readonly joinKeys: readonly string[];
}

export interface InferredProject {
  readonly config: ProjectConfig;
  readonly questions: readonly Question[];
  readonly warnings: readonly Warning[];
  readonly tables: readonly InferredTable[];
}

/** Looks at files and says what they are. Writes nothing: the caller saves `config` as automodel.json. */
export async function inferProject(options: InferOptions): Promise<InferredProject> {
  throw new AutoModelError('INTERNAL', `inferProject(${options.projectDir}) is being written`);
}
