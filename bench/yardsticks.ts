import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants, zstdCompressSync } from 'node:zlib';
import type { BenchContext } from './context.ts';
import { querySuite, type TextScan } from './macro/suite.ts';
import { median } from './process/statistics.ts';

export interface CompressionYardstick {
  readonly level: number;
  readonly perRaw: number;
  readonly mbPerS: number;
}

export interface YardstickResult {
  /** By query of the suite, ms. */
  readonly scanMs: ReadonlyMap<string, number>;
  readonly compression: readonly CompressionYardstick[];
  /** What was used. */
  readonly scanner: string;
  readonly compressor: string;
}

const LEVELS = [1, 3];

function versionOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /\d+\.\d+\.\d+/.exec(stdout)?.[0] : undefined;
}

/** ripgrep and zstd over the raw text of the same data, in the same run; stand-ins inside Node where they are missing. */
export function runYardsticks({ options, dataset, log }: BenchContext): YardstickResult {
  log('yardsticks: the same text without a server');
  const ripgrep = versionOf('rg');
  const zstd = versionOf('zstd');
  const scanMs = new Map<string, number>();
  for (const { id, scan } of querySuite(dataset.manifest)) {
    if (scan === undefined) continue;
    const files = dataset.rawFiles(scan.apps);
    const run = (): void => (ripgrep === undefined ? scanInNode(scan, files) : scanWithRipgrep(scan, files));
    run(); // the page cache
    const timesMs = Array.from({ length: options.isQuick ? 1 : 5 }, () => {
      const startMs = performance.now();
      run();
      return performance.now() - startMs;
    });
    scanMs.set(id, median(timesMs));
  }
  const compress = zstd === undefined ? compressInNode : compressWithZstd;
  return {
    scanMs,
    compression: LEVELS.map((level) => compress(level, dataset.rawFiles(), dataset.manifest.rawBytes)),
    scanner:
      ripgrep === undefined
        ? 'Buffer.indexOf in one Node thread (ripgrep is not on the PATH)'
        : `ripgrep ${ripgrep}, all cores`,
    compressor:
      zstd === undefined ? "node:zlib's zstd in one thread (zstd is not on the PATH)" : `zstd ${zstd}, two threads`,
  };
}

function scanWithRipgrep({ literal, pattern }: TextScan, files: readonly string[]): void {
  const what = pattern === undefined ? ['-F', '-e', literal] : ['-e', pattern];
  const { status, stderr } = spawnSync('rg', ['--no-config', '-c', ...what, ...files], { encoding: 'utf8' });
  if (status !== 0 && status !== 1) throw new Error(`rg ended with ${status}: ${stderr}`);
}

/** Counts occurrences; the count is compared so that the loop cannot be left out. */
function scanInNode({ literal }: TextScan, files: readonly string[]): void {
  const needle = Buffer.from(literal);
  let found = 0;
  for (const file of files) {
    const text = readFileSync(file);
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) found++;
  }
  if (found < 0) throw new Error('cannot be');
}

function compressWithZstd(level: number, files: readonly string[], rawBytes: number): CompressionYardstick {
  const startMs = performance.now();
  const command = 'level=$1; shift; cat -- "$@" | zstd -q "-$level" -T2 -c | wc -c';
  const { status, stdout } = spawnSync('sh', ['-c', command, 'sh', String(level), ...files], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`zstd ended with ${status}`);
  return { level, perRaw: Number(stdout) / rawBytes, mbPerS: rawBytes / 1000 / (performance.now() - startMs) };
}

function compressInNode(level: number, files: readonly string[], rawBytes: number): CompressionYardstick {
  const startMs = performance.now();
  let bytes = 0;
  for (const file of files) {
    bytes += zstdCompressSync(readFileSync(file), { params: { [constants.ZSTD_c_compressionLevel]: level } }).length;
  }
  return { level, perRaw: bytes / rawBytes, mbPerS: rawBytes / 1000 / (performance.now() - startMs) };
}
