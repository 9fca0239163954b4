import { join, resolve } from 'node:path';

/** Where everything of one project lies. `config` belongs to the user; all else is below `state` and safe to copy. */
export interface ProjectPaths {
  readonly root: string;
  /** automodel.json: user-owned, schema-versioned */
  readonly config: string;
  /** .automodel/ */
  readonly state: string;
  /** the event store; the one thing that cannot be rebuilt */
  readonly journal: string;
  /** the journal of A/B tests: their records, allocations, looks and ends */
  readonly experiments: string;
  /** segments of the event log of a served project */
  readonly events: string;
  /** artefacts/<hash>/ */
  readonly artefacts: string;
  /** safe to delete at any time no engine runs */
  readonly cache: string;
  readonly reports: string;
}

/** The layout of the project in `directory` (absolute paths; nothing is created). */
export function projectPaths(directory: string): ProjectPaths {
  const root = resolve(directory);
  const state = join(root, '.automodel');
  return {
    root,
    config: join(root, 'automodel.json'),
    state,
    journal: join(state, 'journal.sqlite'),
    experiments: join(state, 'experiments.sqlite'),
    events: join(state, 'serving', 'events'),
    artefacts: join(state, 'artefacts'),
    cache: join(state, 'cache'),
    reports: join(state, 'reports'),
  };
}
