import { type AnswerBody, answerRows, failureRows, textRows } from './script-answer.ts';
import { SCRIPT_BASE_NS, type ScriptEval, type ScriptStream, secondsNs } from './script-file.ts';

/** Sends a data set of a script and its evals to a server, as one tenant. */
export class ScriptClient {
  readonly #url: string;
  readonly #tenant: string;

  constructor(url: string, tenant: string) {
    this.#url = url;
    this.#tenant = tenant;
  }

  async load(streams: readonly ScriptStream[]): Promise<void> {
    const body = streams.map(({ labels, rows }) => ({
      stream: labels,
      values: rows.map(({ timeNs, line, metadata }) => [String(timeNs), line, metadata]),
    }));
    const response = await fetch(`${this.#url}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Scope-OrgID': this.#tenant },
      body: JSON.stringify({ streams: body }),
    });
    if (!response.ok) throw new Error(`push: ${response.status} ${await response.text()}`);
  }

  async run(one: ScriptEval): Promise<string[]> {
    const path = one.kind === 'format' ? 'format_query' : one.kind === 'instant' ? 'query' : 'query_range';
    const flags = one.options['categorize'] === 'true' ? { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' } : {};
    const response = await fetch(`${this.#url}/loki/api/v1/${path}?${paramsOf(one)}`, {
      headers: { 'X-Scope-OrgID': this.#tenant, ...flags },
    });
    const text = await response.text();
    if (one.kind === 'format') {
      const { data, error } = JSON.parse(text) as { data?: string; error?: string };
      return error === undefined ? textRows(data ?? '') : failureRows(response.status, error);
    }
    return response.ok ? answerRows(one.kind, JSON.parse(text) as AnswerBody) : failureRows(response.status, text);
  }
}

function paramsOf({ kind, query, options }: ScriptEval): URLSearchParams {
  const params = new URLSearchParams({ query });
  const time = (name: string, otherwise: string): void =>
    params.set(name, String(SCRIPT_BASE_NS + secondsNs(options[name] ?? otherwise)));
  if (kind === 'format') return params;
  params.set('limit', options['limit'] ?? '100');
  params.set('direction', options['direction'] ?? 'forward');
  if (kind === 'instant') {
    time('time', '60');
    return params;
  }
  time('start', '0');
  time('end', '60');
  params.set('step', options['step'] ?? '10');
  if (options['interval'] !== undefined) params.set('interval', options['interval']);
  return params;
}
