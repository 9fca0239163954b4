import { AutoModelError } from '../platform/index.js';
import type { ProjectConfig } from '../schema/index.js';
import { isInput } from './event-log.js';
import { parsePositive } from './positive-rule.js';
import { eventTable } from './project-files.js';

/** Event columns that a label of the project is made of. */
export function labelColumns(config: Pick<ProjectConfig, 'label' | 'extraLabels'>): Set<string> {
  const { label, extraLabels } = config;
  const names = new Set(extraLabels);
  if (label !== undefined) names.add(label.column);
  if (label?.positive !== undefined) names.add(parsePositive(label.positive).column);
  return names;
}

/** A label that is also an input would carry the sealed test labels into the features. @throws CONFIG_INVALID */
export function checkLabelRoles(config: ProjectConfig): void {
  const events = eventTable(config);
  for (const column of labelColumns(config)) {
    const key = `${events}.${column}`;
    const found = Object.hasOwn(config.columns, key) ? config.columns[key] : undefined;
    if (found === undefined || !isInput(found)) continue;
    throw new AutoModelError(
      'CONFIG_INVALID',
      `automodel.json: the label is made of column ${JSON.stringify(column)}, which also has the input role ${found.role}`,
      {
        remedy: `Set columns[${JSON.stringify(key)}].role to label, rating or signal.`,
        details: { table: events, column, role: found.role },
      },
    );
  }
}
