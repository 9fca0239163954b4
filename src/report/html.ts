/** HTML that is safe by construction: the only way to make it escapes every value that is not already HTML. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | boolean | Html | null | undefined | readonly Part[];

/** Escapes text for element content and for quoted attributes; control characters become the replacement character. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}]/gu, (character) => ('\t\n\r'.includes(character) ? ' ' : '\ufffd'))
    .replace(/\p{Cf}/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Template tag: literal parts are markup, values are escaped unless they are Html; arrays are joined, null is nothing. */
export function html(literals: TemplateStringsArray, ...values: readonly Part[]): Html {
  let text = literals[0];
  for (const [index, value] of values.entries()) text += partText(value) + literals[index + 1];
  return new Html(text);
}

function partText(part: Part): string {
  if (part === null || part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map((member: Part) => partText(member)).join('');
  return escapeHtml(String(part));
}

export const nothing = new Html('');
