import { join } from 'node:path';
import { LogError } from '../errors.ts';
import type { Disk } from './disk.ts';

/**
 * The file `FORMAT` of a data folder: one line that names the product and the version of the folder's layout. It is read before
 * anything else, so that an older program never touches a folder of a newer one.
 */

const FORMAT_FILE = 'FORMAT';
export const FORMAT_TEXT = 'halogi 1\n';

/** Far more than any version of the line needs. */
const MAX_FORMAT_BYTES = 4096;

/**
 * Checks the layout of a data folder; writes the file into a folder that has none (a new folder, or one from before a crash
 * in its first second).
 *
 * @throws LogError FORMAT_UNKNOWN when the folder was written by another version
 */
export async function checkFolderFormat(disk: Disk, folder: string): Promise<void> {
  const path = join(folder, FORMAT_FILE);
  const found = await disk.readAll(path, MAX_FORMAT_BYTES);
  if (found !== undefined && found.length > 0) {
    const text = new TextDecoder().decode(found);
    if (text === FORMAT_TEXT) return;
    throw new LogError(
      'FORMAT_UNKNOWN',
      `data folder has an unknown format: ${path} says ${JSON.stringify(text.slice(0, 100))}, this program knows ${JSON.stringify(FORMAT_TEXT)}`,
      { details: { path } },
    );
  }
  const draft = `${path}.tmp`;
  await disk.unlink(draft);
  const file = await disk.create(draft);
  try {
    await file.write([new TextEncoder().encode(FORMAT_TEXT)], 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await disk.rename(draft, path);
  await disk.syncDir(folder);
}
