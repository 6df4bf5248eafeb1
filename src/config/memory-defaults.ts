import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

const MIB = 1024 * 1024;

export interface MemoryDefaults {
  readonly headBytes: number;
  readonly cacheBytes: number;
  readonly directoryBytes: number;
  readonly resultCacheBytes: number;
  readonly tallyCacheBytes: number;
  readonly bodyBytes: number;
  /** Of one request; they are decompressed one at a time. */
  readonly decompressedBytes: number;
}

/**
 * Memory that this process may use: the least limit of its cgroup and of those around it (version 1 or 2, as `MemoryMax` of systemd
 * sets it) or, without one, the machine's.
 *
 * @param readText reads a file, undefined when there is none; tests pass their own
 */
export function availableMemoryBytes(
  readText: (path: string) => string | undefined = readIfThere,
  machineBytes: number = totalmem(),
): number {
  let least = machineBytes;
  for (const file of cgroupFiles(readText('/proc/self/cgroup') ?? '')) {
    const text = readText(file)?.trim();
    // "max" (v2) or a number near 2^63 (v1) mean that there is no limit.
    if (text !== undefined && /^\d+$/.test(text)) least = Math.min(least, Number(text));
  }
  return least;
}

/** Files with the limits of a process, from lines such as `0::/a/b` (v2) and `4:memory:/a/b` (v1). */
function cgroupFiles(cgroups: string): string[] {
  const files = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];
  for (const line of cgroups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const isFirst = controllers.split(',').includes('memory');
    if (controllers !== '' && !isFirst) continue;
    const parts = path.split('/').filter((part) => part !== '');
    for (let count = parts.length; count > 0; count--) {
      const folder = parts.slice(0, count).join('/');
      if (isFirst) files.push(`/sys/fs/cgroup/memory/${folder}/memory.limit_in_bytes`);
      else files.push(`/sys/fs/cgroup/${folder}/memory.max`, `/sys/fs/cgroup/unified/${folder}/memory.max`);
    }
  }
  return files;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No such file: another version of cgroups, or none at all.
    return undefined;
  }
}

/**
 * Shares of the available memory. The upper ends keep a server on a large machine inside half a gigabyte under any mix of
 * work; the lower ends are the least that works.
 */
export function memoryDefaults(availableBytes: number): MemoryDefaults {
  return {
    headBytes: share(availableBytes, 8, 16 * MIB, 96 * MIB),
    cacheBytes: share(availableBytes, 16, 8 * MIB, 64 * MIB),
    directoryBytes: share(availableBytes, 32, 4 * MIB, 32 * MIB),
    resultCacheBytes: share(availableBytes, 64, 2 * MIB, 12 * MIB),
    tallyCacheBytes: share(availableBytes, 256, MIB, 4 * MIB),
    bodyBytes: share(availableBytes, 8, 8 * MIB, 128 * MIB),
    decompressedBytes: share(availableBytes, 4, 32 * MIB, 256 * MIB),
  };
}

// Whole MiB, so that the default prints as `96MB`.
function share(bytes: number, parts: number, leastBytes: number, mostBytes: number): number {
  const part = Math.floor(bytes / parts / MIB) * MIB;
  return Math.min(Math.max(part, leastBytes), mostBytes);
}
