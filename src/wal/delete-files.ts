import { join } from 'node:path';
import { type Disk, isDiskFull } from '../base/disk/disk.ts';
import { deletedMarkerName, deletedMarkers, walFileNames } from './format.ts';

/** Removes the files of the segments up to `seq`, after a marker that says so is on the medium. */
export async function deleteWalFiles(disk: Disk, dir: string, seq: number): Promise<void> {
  const names = await disk.list(dir);
  const gone = walFileNames(names).filter((file) => file.seq <= seq);
  if (gone.length === 0) return;
  if (!names.includes(deletedMarkerName(seq))) await mark(disk, dir, seq);
  for (const { name } of gone) await disk.unlink(join(dir, name));
  for (const earlier of deletedMarkers(names))
    if (earlier < seq) await disk.unlink(join(dir, deletedMarkerName(earlier)));
  await disk.syncDir(dir);
}

async function mark(disk: Disk, dir: string, seq: number): Promise<void> {
  try {
    await (await disk.create(join(dir, deletedMarkerName(seq)))).close();
    await disk.syncDir(dir);
  } catch (error) {
    // A full disk needs the room that the files take more than it needs the marker.
    if (!isDiskFull(error)) throw error;
  }
}
