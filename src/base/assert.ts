import { LogError } from './errors.ts';

/** Guards what only a bug of ours can break. Bytes from disk and network are checked, never asserted. */
export function assert(condition: unknown, text: string): asserts condition {
  if (!condition) throw new LogError('INTERNAL', `assertion failed: ${text}`);
}

/** Ends a `switch` over a union: the compiler proves that nothing is left. */
export function assertNever(value: never): never {
  throw new LogError('INTERNAL', `unexpected value: ${JSON.stringify(value)}`);
}
