/**
 * report: one run, or one online demonstration, as a self-contained HTML page. A face: it draws what it is given and decides nothing.
 */
export { renderOnlineDemo } from './render-online-demo.js';
export { renderReport } from './render-report.js';
