import { join } from 'node:path';
import type { Disk } from '../../base/disk/disk.ts';
import { LogError } from '../../base/errors.ts';
import { checkTables } from '../../index/check-tables.ts';
import { type IndexState, LogIndex } from '../../index/index.ts';
import { openLevelKv } from '../../index/level-kv.ts';
import type { StoreDamage } from '../segments/damage.ts';
import { moveToQuarantine } from './quarantine.ts';

interface OpenIndexOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly onDamage: (damage: StoreDamage) => void;
}

interface LoadedIndex {
  readonly index: LogIndex;
  readonly state: IndexState;
}

/**
 * Opens and reads the index. One that is damaged is put into quarantine and begun anew: all that it said can be told
 * by the segment files, which `restoreIndex` then takes in.
 *
 * @throws LogError FOLDER_LOCKED, FORMAT_UNKNOWN, DISK_FULL
 */
export async function openIndex(options: OpenIndexOptions): Promise<LoadedIndex> {
  const { disk, dataFolder, onDamage } = options;
  const folder = join(dataFolder, 'index');
  try {
    await checkTables(disk, folder);
    return await openAndLoad(folder);
  } catch (error) {
    if (!(error instanceof LogError) || error.code !== 'INDEX_CORRUPT') throw error;
    const quarantinedAs = await moveToQuarantine(disk, dataFolder, folder);
    onDamage({ kind: 'index', file: folder, reason: error.message, quarantinedAs, cause: error });
    return openAndLoad(folder);
  }
}

async function openAndLoad(folder: string): Promise<LoadedIndex> {
  const kv = await openLevelKv(folder);
  try {
    const index = await LogIndex.open(kv);
    return { index, state: await index.load() };
  } catch (error) {
    await kv.close();
    throw error;
  }
}
