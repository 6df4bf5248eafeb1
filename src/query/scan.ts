import { assertNever } from '../base/assert.ts';
import { scanPatterns } from './patterns/scan-patterns.ts';
import { beginTemplateWork } from './pipeline/template/functions/template-work.ts';
import { scanLogs } from './scan/scan-logs.ts';
import { scanSamples } from './scan/scan-samples.ts';
import { scanTail } from './tail/scan-tail.ts';
import type { PartLoader, ScanResult, ScanTask } from './task/task.ts';

/**
 * Runs one scan task; called by the workers.
 *
 * @throws LogError QUERY_PIPELINE, and what loading a part throws
 */
export function runScanTask(task: ScanTask, load: PartLoader): ScanResult {
  beginTemplateWork(task.kind !== 'tail');
  switch (task.kind) {
    case 'logs':
      return scanLogs(task, load);
    case 'samples':
      return scanSamples(task, load);
    case 'tail':
      return scanTail(task);
    case 'patterns':
      return scanPatterns(task, load);
    default:
      return assertNever(task);
  }
}
