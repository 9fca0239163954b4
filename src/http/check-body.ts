import type { z } from 'zod';
import type { Refusal } from './refusal.js';

/** A value that fits the schema, or a refusal that names the member at fault, as `events[3].kind`. */
export function checkBody<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { readonly body: z.output<Schema> } | { readonly refusal: Refusal } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { body: parsed.data };
  const issues = parsed.error.issues.slice(0, 5).map((issue) => ({
    member: memberOf(issue),
    problem: issue.message,
  }));
  const [{ member, problem }] = issues;
  return {
    refusal: {
      status: 400,
      code: 'BODY_INVALID',
      message: `${member === '' ? 'The body' : `The member ${member}`} is wrong: ${problem}`,
      remedy: 'Correct it; /openapi.json describes every member.',
      details: { issues },
    },
  };
}

function memberOf(issue: z.core.$ZodIssue): string {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return [...issue.path, ...unknown]
    .map((part, i) =>
      typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${shortened(String(part))}`,
    )
    .join('');
}

function shortened(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}...` : name;
}
