import { scanLogs } from './scan-logs.ts';
import { scanSamples } from './scan-samples.ts';
import type { PartLoader, ScanResult, ScanTask } from './task.ts';

/**
 * Runs one scan task; called by the workers.
 *
 * @throws LogError QUERY_PIPELINE, and what loading a part throws
 */
export function runScanTask(task: ScanTask, load: PartLoader): ScanResult {
  return task.kind === 'logs' ? scanLogs(task, load) : scanSamples(task, load);
}
