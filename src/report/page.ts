import { createHash } from 'node:crypto';
import { Html, html, nothing } from './html.js';
import { style } from './style.js';

/**
 * One HTML document that opens from disk: no script, no request, everything from the data escaped, and a content security policy that
 * would stop what escaping missed (only this page's own style sheet, by hash).
 */
export function page(title: string, body: Html): string {
  const styleHash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Html(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${new Html(`<style>${style}</style>`)}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `.text;
}

export function section(title: string, about: string, ...content: readonly Html[]): Html {
  return html`<section>
    <h2>${title}</h2>
    ${about === '' ? nothing : html`<p class="about">${about}</p>`} ${content}
  </section>`;
}
