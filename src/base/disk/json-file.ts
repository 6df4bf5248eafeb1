import { dirname } from 'node:path';
import { LogError } from '../errors.ts';
import type { Disk } from './disk.ts';

/** Far more than what is kept so of a tenant. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Reads a JSON file that has a version.
 *
 * @returns undefined when there is no file
 * @throws LogError FORMAT_UNKNOWN for another version, or bytes that are no JSON
 */
export async function readVersioned<T>(disk: Disk, path: string, version: number): Promise<T | undefined> {
  const bytes = await disk.readAll(path, MAX_FILE_BYTES);
  if (bytes === undefined) return undefined;
  let value: { readonly version?: unknown };
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new LogError('FORMAT_UNKNOWN', `damaged file: ${path}`, { cause, details: { path } });
  }
  if (value.version !== version)
    throw new LogError('FORMAT_UNKNOWN', `unknown version ${String(value.version)} of ${path}`, { details: { path } });
  return value as T;
}

/** Replaces a file in one step; durable when it resolves. */
export async function writeDurably(disk: Disk, path: string, text: string): Promise<void> {
  const draft = `${path}.tmp`;
  await disk.unlink(draft);
  const file = await disk.create(draft);
  try {
    await file.write([Buffer.from(text)], 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await disk.rename(draft, path);
  await disk.syncDir(dirname(path));
}
