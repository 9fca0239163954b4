/** Everything in the markup (not in its text) that a browser could run or fetch. */
export function hazards(html: string): string[] {
  const tags = html.match(/<[^>]*>/g) ?? [];
  const names =
    /^<\/?(script|iframe|object|embed|link|img|image|base|form|foreignObject|animate|set|a|use)[\s/>]/i;
  return [
    ...tags.filter((tag) => names.test(tag)),
    ...tags.filter((tag) =>
      /\s(on\w+|src|href|xlink:href|action|style)\s*=/i.test(tag.replace(/"[^"]*"/g, '')),
    ),
    ...(/<style>[\s\S]*?<\/style>/.exec(html)?.[0].match(/@import|url\(/gi) ?? []),
  ];
}

/** Element names opened and closed in order; void elements left out. */
export function unbalanced(html: string): string[] {
  const open: string[] = [];
  const voids = new Set(['meta', '!doctype']);
  for (const [, slash, name, selfClosed] of html
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .matchAll(/<(\/?)([a-zA-Z!][\w-]*)[^>]*?(\/?)>/g)) {
    if (voids.has(name.toLowerCase()) || selfClosed === '/') continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

/** The text that a reader sees: tags taken out, entities read. */
export function visibleText(html: string): string {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return html
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name])
    .replace(/\s+/g, ' ');
}

/** One picture of a page, by its name for screen readers. */
export function picture(html: string, label: string): string {
  const found = [...html.matchAll(/<svg [\s\S]*?<\/svg>/g)].find(([svg]) =>
    svg.includes(`aria-label="${label}"`),
  );
  if (found === undefined) throw new Error(`there is no picture "${label}"`);
  return found[0];
}
