import type { BenchContext } from '../context.ts';
import { answerBenches } from './answers.ts';
import { codecBenches } from './codecs.ts';
import { ingestBenches } from './ingest.ts';
import { type MicroResult, measure } from './measure.ts';
import { scannerBenches } from './scanners.ts';

const MEASURE_MS = 250;
const QUICK_MS = 5;

/** All micro benches, one after the other in this process. */
export function runMicro({ options, log }: Pick<BenchContext, 'options' | 'log'>): MicroResult[] {
  log('micro: codecs, scanners, answers and the push path, one thread');
  const benches = [...codecBenches(), ...scannerBenches(), ...answerBenches(), ...ingestBenches()];
  return benches.map((bench) => measure(bench, options.isQuick ? QUICK_MS : MEASURE_MS));
}
