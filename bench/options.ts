import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { DataParameters } from './logs/manifest.ts';

/** Parts of a run, in the order in which they run. */
export const PARTS = [
  'data',
  'load',
  'sink',
  'query',
  'yardsticks',
  'requests',
  'mixed',
  'rules',
  'tail',
  'crash',
  'micro',
  'growth',
] as const;
export type Part = (typeof PARTS)[number];

const DEFAULT_PARTS: readonly Part[] = ['load', 'sink', 'query', 'yardsticks'];
const ROOT = resolve(import.meta.dirname, '..');

export interface Options {
  readonly data: DataParameters;
  readonly parts: readonly Part[];
  /** Small and short: tells that the benches run, not how fast the server is. */
  readonly isQuick: boolean;
  readonly writesReport: boolean;
  /** Sentence for the top of the report. */
  readonly note: string | undefined;
  /** Data sets and scratch folders. */
  readonly dataFolder: string;
  /** A `bin/halogi`, so that two checkouts can be compared. */
  readonly program: string;
  readonly connections: number;
  /** Repetitions of each query after the first. */
  readonly repetitions: number;
  /** Raw MB a second of the mixed load. */
  readonly mixedMbPerS: number;
  /** Sizes at which growth is measured, with the first number of streams; and numbers of streams, at the first size. */
  readonly growthSizesMb: readonly number[];
  readonly growthStreams: readonly number[];
  /** Raw MB a second while tails are open. */
  readonly tailMbPerS: number;
}

/** Reads the command line. @throws Error in words for what it does not understand */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string' },
      streams: { type: 'string', default: '200' },
      hours: { type: 'string', default: '24' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      note: { type: 'string' },
      data: { type: 'string', default: join(ROOT, 'bench', 'data') },
      server: { type: 'string', default: join(ROOT, 'bin', 'halogi') },
      connections: { type: 'string', default: '8' },
      repetitions: { type: 'string' },
      rate: { type: 'string', default: '20' },
      'growth-sizes': { type: 'string', default: '100,300' },
      'growth-streams': { type: 'string', default: '200,2000' },
      'tail-rate': { type: 'string', default: '50' },
    },
  });
  const { quick: isQuick, report: writesReport } = values;
  return {
    data: {
      sizeMb: positive('--size', values.size ?? (isQuick ? '30' : '300')),
      streams: positive('--streams', values.streams),
      hours: positive('--hours', values.hours),
      seed: positive('--seed', values.seed),
    },
    parts: values.only === undefined ? (writesReport ? PARTS : DEFAULT_PARTS) : partList(values.only),
    isQuick,
    writesReport,
    note: values.note,
    dataFolder: resolve(values.data),
    program: resolve(values.server),
    connections: positive('--connections', values.connections),
    repetitions: positive('--repetitions', values.repetitions ?? (isQuick ? '2' : '7')),
    mixedMbPerS: positive('--rate', values.rate),
    growthSizesMb: numberList('--growth-sizes', values['growth-sizes']),
    growthStreams: numberList('--growth-streams', values['growth-streams']),
    tailMbPerS: positive('--tail-rate', values['tail-rate']),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} ${text}: not a number above 0`);
  return value;
}

function numberList(name: string, text: string): number[] {
  return text.split(',').map((part) => positive(name, part));
}

function partList(text: string): Part[] {
  const names = text.split(',');
  for (const name of names) {
    if (!PARTS.some((part) => part === name)) throw new Error(`--only ${name}: not one of ${PARTS.join(', ')}`);
  }
  return PARTS.filter((part) => names.includes(part));
}
