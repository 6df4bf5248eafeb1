import { basename, dirname, join } from 'node:path';
import type { Disk } from '../../base/disk/disk.ts';
import { dayStartNs, NS_PER_DAY_NUMBER } from '../../model/time.ts';
import { DAMAGE_KINDS, type LostRows, type StoreDamage } from '../segments/damage.ts';
import type { FoundDamage } from '../segments/damage-ledger.ts';
import { tenantOfFolder } from '../segments/stored-segment.ts';

/**
 * `quarantine/` keeps what could not be read. Beside it lies a note for each loss (`<name>.lost.json`), which says what answers are
 * without: they carry a warning as long as the note is there.
 */

const FOLDER = 'quarantine';
const NOTE_ENDING = '.lost.json';
/** Far more than a note takes. */
const MAX_NOTE_BYTES = 64 * 1024;
/** Notes beyond these are left where they are. */
const MAX_NOTES = 10_000;

/** Moves a file or folder below `quarantine/`, beside what earlier damage has left there. @returns its new path */
export async function moveToQuarantine(disk: Disk, dataFolder: string, path: string): Promise<string> {
  const target = await freeName(disk, dataFolder, basename(path));
  await disk.rename(path, target);
  await disk.syncDir(dirname(target));
  await disk.syncDir(dirname(path));
  return target;
}

async function freeName(disk: Disk, dataFolder: string, name: string): Promise<string> {
  const quarantine = join(dataFolder, FOLDER);
  await disk.mkdir(quarantine);
  const taken = new Set(await disk.list(quarantine));
  let number = 1;
  while (taken.has(`${name}-${number}`) || taken.has(`${name}-${number}${NOTE_ENDING}`)) number++;
  return join(quarantine, `${name}-${number}`);
}

/** Writes down what is lost, for starts to come; a disk that refuses must not stop this one. */
export async function noteInQuarantine(
  disk: Disk,
  dataFolder: string,
  { cause: _, ...damage }: StoreDamage,
  foundMs: number,
): Promise<void> {
  try {
    const path = `${damage.quarantinedAs ?? (await freeName(disk, dataFolder, basename(damage.file)))}${NOTE_ENDING}`;
    const text = JSON.stringify({ ...damage, foundMs }, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    await disk.unlink(path);
    const file = await disk.create(path);
    try {
      await file.write([new TextEncoder().encode(`${text}\n`)], 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await disk.syncDir(dirname(path));
  } catch {
    // It is told all the same, by this start.
  }
}

/** Losses that were written down; a note that cannot be read is left out. */
export async function notedDamage(disk: Disk, dataFolder: string): Promise<FoundDamage[]> {
  const folder = join(dataFolder, FOLDER);
  const found: FoundDamage[] = [];
  const names = (await disk.list(folder)).filter((name) => name.endsWith(NOTE_ENDING));
  for (const name of names.slice(0, MAX_NOTES)) {
    try {
      const bytes = await disk.readAll(join(folder, name), MAX_NOTE_BYTES);
      if (bytes !== undefined) found.push(readNote(new TextDecoder().decode(bytes)));
    } catch {
      // Somebody's own file, or one that is damaged itself.
    }
  }
  return found;
}

/** @throws when it is no note */
function readNote(text: string): FoundDamage {
  const { lost, ...rest } = JSON.parse(text) as FoundDamage & { lost?: Record<string, unknown> };
  if (!DAMAGE_KINDS.includes(rest.kind) || typeof rest.file !== 'string') throw new Error('not a note');
  if (lost === undefined) return rest;
  const timeOf = (value: unknown): bigint | undefined => (typeof value === 'string' ? BigInt(value) : undefined);
  return {
    ...rest,
    lost: { ...(lost as unknown as LostRows), startNs: timeOf(lost.startNs), endNs: timeOf(lost.endNs) },
  };
}

/** What a segment file holds, as the names of its folders tell. */
export function rowsByPath(path: string): LostRows {
  const dayMs = Date.parse(`${basename(dirname(path))}T00:00:00Z`);
  const startNs = Number.isNaN(dayMs) ? undefined : dayStartNs(dayMs / 86_400_000);
  return {
    tenant: tenantOfFolder(basename(dirname(dirname(path)))),
    labels: undefined,
    startNs,
    endNs: startNs === undefined ? undefined : startNs + BigInt(NS_PER_DAY_NUMBER - 1),
    rows: undefined,
  };
}
