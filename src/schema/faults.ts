import { z } from 'zod';

/** Error codes as they appear in the journal; the closed list lives in platform/errors. */
export const ErrorCode = z.string().regex(/^[A-Z][A-Z_]+$/);
