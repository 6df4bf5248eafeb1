import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { BenchContext } from './context.ts';
import type { Results } from './results.ts';
import { tableText } from './table.ts';
import { resultTables } from './tables.ts';

/** All tables, ready to be printed. */
export function resultText(results: Results): string {
  return resultTables(results).map(tableText).join('\n');
}

/** Short hash of the checkout; `+ changes` when files differ from it; `unknown` outside of git. */
function commit(): string {
  const git = (...args: readonly string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', ['--no-optional-locks', ...args], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    return status === 0 ? stdout.trim() : undefined;
  };
  const hash = git('rev-parse', '--short', 'HEAD');
  if (hash === undefined) return 'unknown';
  return git('status', '--porcelain') === '' ? hash : `${hash} + changes`;
}

/** Writes `bench/RESULTS.md`. @returns its path */
export function writeReport({ options, dataset }: Pick<BenchContext, 'options' | 'dataset'>, results: Results): string {
  const { manifest } = dataset;
  const processors = cpus();
  const head = [
    '# Results',
    '',
    'Written by `npm run bench -- --report`; how to read it: [README.md](README.md).',
    ...(options.note === undefined ? [] : ['', options.note]),
    '',
    `- Date: ${new Date().toISOString().slice(0, 16)}Z`,
    `- Machine: ${processors[0]?.model ?? 'unknown CPU'}, ${processors.length} cores, ${figureGib(totalmem())} GiB, Linux ${release()}`,
    `- Node ${process.versions.node}, commit ${commit()}`,
    `- Data: ${(manifest.rawBytes / 1e6).toFixed(0)} MB raw, ${manifest.lines} lines, ${manifest.streams} streams, ${manifest.parameters.hours} h, ` +
      `seed ${manifest.parameters.seed}; ${manifest.bodies.length} push bodies, ${(manifest.snappyBytes / 1e6).toFixed(0)} MB on the wire`,
    '',
  ];
  const path = join(import.meta.dirname, 'RESULTS.md');
  writeFileSync(path, `${head.join('\n')}\n${resultText(results)}`);
  return path;
}

function figureGib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(0);
}
