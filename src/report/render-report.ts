import type { ReportModel } from '../schema/index.js';
import { effectCharts } from './charts/effects.js';
import { lineageChart } from './charts/lineage.js';
import { scoresChart } from './charts/scores.js';
import { searchCurveChart } from './charts/search-curve.js';
import { html, nothing, type Html } from './html.js';
import { page, section } from './page.js';
import { lessons, refusedColumns, warningList, wayToTheBest } from './sections/notes.js';
import { summary } from './sections/summary.js';
import { contractTable, gateTable, leaderboard, proposersTable, scoresTable } from './sections/tables.js';

/** The report of a run as one HTML document; see `page`. */
export function renderReport(model: ReportModel): string {
  const down = model.direction === 'down' ? ' Lower is better.' : '';
  return page(
    `AutoModel report: ${model.project}`,
    html`
      ${summary(model)}
      ${section('Floor, baseline, best', `Everything below a floor is no progress. Points are means, bars 95 % intervals over seeds and users.${down}`, scoresChart(model), scoresTable(model))}
      ${section('The search', 'Best value so far on the search share of validation, by number of own trials. Random search is always carried along: an engine that does not pull away from it has found nothing by being clever.', searchCurveChart(model), proposersTable(model))}
      ${section('How the best came about', 'Every proposal with a parent changes something that was already tried. Ringed points led when they finished; hollow ones were stopped early.', lineageChart(model), wayToTheBest(model))}
      ${effects(model)}
      ${section('Looks of the gate', 'Screening accepts nothing. A leader is run again with fresh paired seeds on users that screening never saw; every look spends part of one error budget. Power: the chance of accepting a true gain of one run’s sd.', gateTable(model))}
      ${section('Leaderboard', 'Screening values: one seed each and chosen as the largest of many, so they flatter. The gate and the test split decide.', leaderboard(model))}
      ${section('What was learned', '', lessons(model))}
      ${section('Columns that no model saw', 'Signals are measured after the impression; leaks carry the label or the future.', refusedColumns(model))}
      ${section('Warnings', '', warningList(model))}
      ${section('Contract and budget', 'Numbers compare only under the same contract.', contractTable(model))}
      <footer>
        Made by AutoModel ${model.engineVersion} from the run’s journal. The file is complete in itself and
        loads nothing.
      </footer>
    `,
  );
}

function effects(model: ReportModel): Html {
  const charts = effectCharts(model);
  if (charts.length === 0) return nothing;
  return section(
    'What mattered',
    `${model.metric} by parameter with the others averaged out, all on one scale. These are associations within this search, not promises.`,
    html`<div class="effects">${charts}</div>`,
  );
}
