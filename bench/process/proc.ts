import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Linux says about processes; on other systems every figure is NaN and shows as `-`. */

/** Jiffies a second, as user space sees them. */
const CLOCK_TICKS = 100;

export interface ProcessUse {
  /** User and system time, all threads. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // the process has ended, or this is not Linux
  }
}

function kibField(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
}

export function processUse(pid: number): ProcessUse {
  const stat = read(`/proc/${pid}/stat`);
  const status = read(`/proc/${pid}/status`) ?? '';
  // The name, in brackets, may hold blanks.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return {
    cpuSeconds: (Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN)) / CLOCK_TICKS,
    residentBytes: kibField(status, 'VmRSS'),
    peakResidentBytes: kibField(status, 'VmHWM'),
  };
}

/** CPU seconds that the whole machine has spent. */
function machineCpuSeconds(): number {
  const fields = read('/proc/stat')?.split('\n', 1)[0]?.trim().split(/\s+/).slice(1).map(Number);
  if (fields === undefined) return Number.NaN;
  const [user, nice, system, , , irq, softIrq, steal] = fields;
  return (user! + nice! + system! + irq! + softIrq! + steal!) / CLOCK_TICKS;
}

export interface Use {
  readonly seconds: number;
  /** Of the process that is measured. */
  readonly cpuSeconds: number;
  /** Of everything but that process and this one: how much the measurement was disturbed. */
  readonly foreignCpuSeconds: number;
}

/** Starts to measure; the returned function ends it. */
export function watchUse(pid: number): () => Use {
  const machineBefore = machineCpuSeconds();
  const processBefore = processUse(pid).cpuSeconds;
  const ownBefore = process.cpuUsage();
  const startMs = performance.now();
  return () => {
    const own = process.cpuUsage(ownBefore);
    const cpuSeconds = processUse(pid).cpuSeconds - processBefore;
    const others = machineCpuSeconds() - machineBefore - cpuSeconds - (own.user + own.system) / 1e6;
    return { seconds: (performance.now() - startMs) / 1000, cpuSeconds, foreignCpuSeconds: Math.max(0, others) };
  };
}

/** Bytes of all files below a folder. Files that vanish meanwhile are not counted. */
export function folderBytes(folder: string): number {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return 0;
  }
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? folderBytes(path) : (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0);
  }
  return bytes;
}
