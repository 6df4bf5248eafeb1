import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PushKind, PushReply } from '../../../src/ingest/push.ts';
import { PushHarness } from '../../support/push-harness.ts';

interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly params?: { readonly query?: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyBase64?: string;
}

interface RecordedCase {
  readonly name: string;
  readonly request: RecordedRequest;
  readonly before?: readonly RecordedRequest[];
  readonly expect: { readonly status: number; readonly body: unknown };
}

interface QueryBody {
  readonly data: {
    readonly result: readonly {
      readonly stream: Record<string, string>;
      readonly values: [string, string, unknown?][];
    }[];
  };
}

const file = new URL('../../conformance/cases/push-validation.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as RecordedCase[];
const KINDS: Record<string, PushKind> = {
  '/loki/api/v1/push': 'push',
  '/api/prom/push': 'legacy',
  '/otlp/v1/logs': 'otlp',
};

// As the recording assumed.
const harness = new PushHarness({ outOfOrderWindowMs: 3_600_000 });

function send(request: RecordedRequest): Promise<PushReply> {
  const body =
    request.bodyBase64 === undefined ? Buffer.from(request.body ?? '') : Buffer.from(request.bodyBase64, 'base64');
  const encoding = request.headers?.['Content-Encoding'];
  return harness.send({
    kind: KINDS[request.path]!,
    contentType: request.headers?.['Content-Type'],
    ...(encoding === undefined ? {} : { contentEncoding: encoding }),
    body,
  });
}

/** Rows of the sink that a recorded query selects, as sorted texts. */
function stored(query: string): string[] {
  const selector = /^\{([^}]*)\}(?: \|= "([^"]*)")?( \| line_format .*)?$/.exec(query)!;
  const wanted = [...selector[1]!.matchAll(/(\w+)="([^"]*)"/g)];
  return harness.sink
    .rows()
    .filter((row) => wanted.every(([, name, value]) => (row.labels[name!] ?? '') === value))
    .filter((row) => row.line.includes(selector[2] ?? ''))
    .map((row) => {
      const line = selector[3] === undefined ? row.line : String([...row.line].length);
      return show({ ...row.labels, ...row.metadata }, String(row.ns), line);
    })
    .sort();
}

function show(labels: Record<string, string>, ns: string, line: string): string {
  return JSON.stringify([Object.entries(labels).sort(), ns, line]);
}

function expected(body: QueryBody): string[] {
  return body.data.result
    .flatMap(({ stream, values }) =>
      values.map(([ns, line, extra]) => {
        const { structuredMetadata = {} } = (extra ?? {}) as { structuredMetadata?: Record<string, string> };
        return show({ ...stream, ...structuredMetadata }, ns, line);
      }),
    )
    .sort();
}

test('the recording has cases', () => {
  expect(cases.length).toBeGreaterThan(50);
});

test.each(cases)('$name', async ({ request, before = [], expect: answer }) => {
  for (const earlier of before) await send(earlier);
  if (request.method === 'GET') {
    expect(stored(request.params!.query!)).toEqual(expected(answer.body as QueryBody));
    return;
  }
  const reply = await send(request);
  expect(reply.status).toBe(answer.status);
  const recordedText = String(answer.body);
  const isParserText = /loghttp\.PushRequest|error found in #/.test(recordedText);
  if (!isParserText) expect(reply.body.toString()).toBe(recordedText);
  else expect(reply.body.toString()).toMatch(/^malformed JSON: .*\n$/);
});

test('what was logged replays to the same rows', () => {
  const replayed = harness.replay();
  expect(replayed.outcomes.length).toBeGreaterThan(10);
  expect(replayed.sink.rows()).toEqual(harness.sink.rows());
});
