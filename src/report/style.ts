/** The style of a report: system fonts, light and dark by the reader's setting, and print. */
export const style = `
:root { color-scheme: light dark; --paper: #fdfcfa; --ink: #22252b; --faint: #6b7079; --rule: #e4e2dd; --card: #f5f3ee;
  --c1: #1668a8; --c2: #c4602b; --c3: #3d8b57; --c4: #8a5aa8; --c5: #b08a1e; --c6: #5d6b7a; --good: #2c7a47; --bad: #b23a3a; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e6e5e1; --faint: #9a9ea6; --rule: #2f333a; --card: #1e2126;
  --c1: #63b0ee; --c2: #ee9560; --c3: #74c48d; --c4: #c096de; --c5: #dcb950; --c6: #93a3b4; --good: #74c48d; --bad: #ee8585; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font-size: 2rem; line-height: 1.2; margin: 4px 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 0 0 4px; }
section { margin-top: 52px; }
p { margin: 0 0 12px; max-width: 70ch; }
header p, li { overflow-wrap: anywhere; }
td { overflow-wrap: break-word; max-width: 48ch; }
.faint, caption, figcaption span, section > p.about { color: var(--faint); font-size: .9rem; }
.claim { font-size: 1.1rem; }
.claim strong { color: var(--good); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin: 24px 0 0; }
.tiles div { background: var(--card); border-radius: 10px; padding: 14px 16px; }
.tiles dt { color: var(--faint); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles p { margin: 0; color: var(--faint); font-size: .8rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin-top: 8px; }
caption { text-align: left; padding-bottom: 6px; }
th { text-align: left; font-weight: 600; color: var(--faint); white-space: nowrap; }
th, td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
.n { max-width: none; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-left: 12px; }
tr.best td { font-weight: 600; }
tr.best td:first-child { color: var(--c1); }
.facts th { width: 220px; white-space: normal; }
.settings { font: .8rem/1.4 ui-monospace, monospace; color: var(--faint); min-width: 220px; }
tr.best .settings { font-weight: 400; }
code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; margin-top: 12px; font-family: inherit; }
.effects { display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 24px; margin-top: 16px; }
figure { margin: 0; }
figcaption { display: flex; flex-direction: column; overflow-wrap: anywhere; }
.verdict { font-weight: 600; }
.verdict.accept { color: var(--good); }
.verdict.reject { color: var(--bad); }
.verdict.indecisive { color: var(--faint); }
.way { padding-left: 1.4em; }
.way > li { margin-bottom: 10px; }
.way ul { margin: 2px 0; padding-left: 1.2em; font: .85rem/1.5 ui-monospace, monospace; }
summary { cursor: pointer; color: var(--faint); }
footer { margin-top: 64px; color: var(--faint); font-size: .85rem; border-top: 1px solid var(--rule); padding-top: 16px; }
@media print { main { max-width: none; padding: 0; } section { break-inside: avoid-page; margin-top: 28px; } .scroll { overflow: visible; } }
`;
