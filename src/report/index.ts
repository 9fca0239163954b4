/**
 * report: one run as a self-contained HTML page. A face: it draws a ReportModel and decides nothing.
 */
export { renderReport } from './render-report.js';
