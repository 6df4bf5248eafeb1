import { LogError } from '../../base/errors.ts';

/** A rule that cannot be taken, in words for whoever wrote it. Answered 400. */
export function ruleError(message: string, cause?: unknown): LogError {
  return new LogError('BAD_PARAMETER', message, cause === undefined ? {} : { cause });
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export type YamlMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is YamlMap {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
