import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

const MIB = 1024 * 1024;
const CGROUP_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];

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
 * Memory that this process may use: the limit of its cgroup (version 2, else 1) or, without one, the machine's.
 *
 * @param readText reads a file, undefined when there is none; tests pass their own
 */
export function availableMemoryBytes(
  readText: (path: string) => string | undefined = readIfThere,
  machineBytes: number = totalmem(),
): number {
  for (const file of CGROUP_FILES) {
    const text = readText(file)?.trim();
    // "max" (v2) or a number near 2^63 (v1) mean that there is no limit.
    if (text !== undefined && /^\d+$/.test(text)) return Math.min(Number(text), machineBytes);
  }
  return machineBytes;
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
