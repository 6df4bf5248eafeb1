import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LogError } from '../errors.ts';
import { systemCode } from './disk.ts';

/**
 * One process per data folder. Node offers no lock of the system, so the file `LOCK` names its holder: process id, start time of the
 * process, boot of the machine and process namespace, one `name=value` a line. A holder that is gone (kill -9, power loss, a
 * container that was replaced) is recognised, and its lock taken over. What cannot be told from here, a live holder in
 * another container, is caught by LevelDB, whose lock on `index/LOCK` is one of the system: open the index before the WAL.
 */

const LOCK_FILE = 'LOCK';

/** Far more than a lock file holds; a larger one is not ours. */
const MAX_LOCK_BYTES = 4096;

/** Tries to take over a stale lock before giving up; each lost race with another starter costs one. */
const MAX_ATTEMPTS = 5;

interface Holder {
  readonly pid: number;
  /** Clock ticks after boot at which the process began: tells a process from a later one with the same id. */
  readonly startTicks: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly host: string;
}

export interface FolderLock {
  /** Gives the folder free; fine to call twice. */
  release(): void;
}

/**
 * Takes the folder for this process.
 *
 * @throws LogError FOLDER_LOCKED when a live process has it; the message names it
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, LOCK_FILE);
  const own = ownHolder();
  const text = printHolder(own);
  const draft = `${path}.${own.pid}.${own.startTicks || 'new'}`;
  writeFileSync(draft, text, { flush: true });
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      // A hard link is made only if the name is free: exactly one of two starters wins.
      if (linkIfFree(draft, path, text)) return { release: () => releaseLock(path, text) };
      const found = readIfPresent(path);
      if (found === undefined) continue;
      const holder = parseHolder(found);
      if (holder !== undefined && isAlive(holder, own)) throw lockedBy(folder, holder);
      removeStale(path, found, draft);
    }
    throw new LogError('FOLDER_LOCKED', `data folder is being taken by another process: ${folder}`);
  } finally {
    rmSync(draft, { force: true });
  }
}

function lockedBy(folder: string, holder: Holder): LogError {
  return new LogError('FOLDER_LOCKED', `data folder is in use by process ${holder.pid} on ${holder.host}: ${folder}`, {
    details: { folder, pid: holder.pid, host: holder.host },
  });
}

function linkIfFree(from: string, to: string, text: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    // A file system without hard links: make the file in place, which leaves a moment in which it is empty.
    if (systemCode(error) === 'EPERM' || systemCode(error) === 'ENOTSUP') return createIfFree(to, text);
    throw error;
  }
}

function createIfFree(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the stale file away; if another starter has replaced it meanwhile, its lock is put back. */
function removeStale(path: string, staleText: string, draft: string): void {
  const moved = `${draft}.stale`;
  try {
    renameSync(path, moved);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  const movedText = readIfPresent(moved) ?? '';
  if (movedText !== staleText) linkIfFree(moved, path, movedText);
  rmSync(moved, { force: true });
}

function releaseLock(path: string, text: string): void {
  if (readIfPresent(path) === text) rmSync(path, { force: true });
}

/** A process is alive when it runs on this boot, in this namespace, under its id, since its start time. */
function isAlive(holder: Holder, own: Holder): boolean {
  if (holder.bootId !== own.bootId || holder.pidNamespace !== own.pidNamespace) return false;
  if (own.startTicks !== '') return startTicksOf(holder.pid) === holder.startTicks;
  // No /proc on this system: the id alone has to do.
  return holder.pid !== own.pid && answersSignals(holder.pid);
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function ownHolder(): Holder {
  return {
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    bootId: readIfPresent('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
    pidNamespace: ownNamespace(),
    host: hostname(),
  };
}

/** Field 22 of /proc/<pid>/stat; empty when there is no such process. The name in field 2 may hold blanks and brackets. */
function startTicksOf(pid: number): string {
  const text = readIfPresent(`/proc/${pid}/stat`);
  if (text === undefined) return '';
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function ownNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not Linux, or /proc is closed to us: all processes then count as being in one namespace.
    return '';
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function printHolder(holder: Holder): string {
  return `pid=${holder.pid}\nstart=${holder.startTicks}\nboot=${holder.bootId}\nnamespace=${holder.pidNamespace}\nhost=${holder.host}\n`;
}

/** Undefined when the text is no lock of ours, as after a crash of the machine that left an empty file. */
function parseHolder(text: string): Holder | undefined {
  if (text.length > MAX_LOCK_BYTES) return undefined;
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const cut = line.indexOf('=');
    if (cut > 0) fields.set(line.slice(0, cut), line.slice(cut + 1));
  }
  const pid = Number(fields.get('pid'));
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return {
    pid,
    startTicks: fields.get('start') ?? '',
    bootId: fields.get('boot') ?? '',
    pidNamespace: fields.get('namespace') ?? '',
    host: fields.get('host') ?? '',
  };
}
