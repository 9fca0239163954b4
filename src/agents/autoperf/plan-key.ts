import type { ServingPlan } from '../../schema/index.js';

/** What tells plans apart, and the formats of their numbers. */
export const formatKey = ({ precision, tables }: Pick<ServingPlan, 'precision' | 'tables'>): string =>
  `${precision} ${tables}`;
export const keyOf = ({
  modelThreads,
  modelInstances,
  optimisation,
  candidates,
  ...format
}: ServingPlan): string =>
  `${formatKey(format)} ${modelThreads} ${modelInstances} ${optimisation} ${candidates}`;
