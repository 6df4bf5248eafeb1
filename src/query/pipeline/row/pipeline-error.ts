import { LogError } from '../../../base/errors.ts';
import type { Labels } from '../../../model/labels.ts';
import { labelText } from '../../../wire/json/json-text.ts';

/** The failure of a metric query at a row that ended with an error label; four lines, each ended by a line break. */
export function pipelineError(error: string, labels: Labels): LogError {
  const text = [
    `pipeline error: '${error}' for series: '${labelText(labels)}'.`,
    `Use a label filter to intentionally skip this error. (e.g | __error__!="${error}").`,
    'To skip all potential errors you can match empty errors.(e.g __error__="")',
    'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )',
    '',
  ];
  return new LogError('QUERY_PIPELINE', text.join('\n'));
}
