import { describe, expect, it, vi } from 'vitest';
import { type GrafanaRow, onServer, rowsOf } from '../support/grafana.ts';
import {
  at,
  BASE_NS,
  BURST,
  END_NS,
  iso,
  JSON_LINES,
  LOGFMT_LINES,
  ODD_VALUE,
  pushGrafanaData,
  RANGE,
  START_NS,
  TEXT_LINES,
} from '../support/grafana-data.ts';

const lines = (rows: readonly GrafanaRow[]): string[] => rows.map((row) => row.line);
const key = (row: GrafanaRow): string => JSON.stringify([String(row.timeNs), row.stream, row.line]);
function ascends(rows: readonly GrafanaRow[], sign: 1 | -1): boolean {
  return rows.every(
    (row, i) => i === 0 || (sign > 0 ? row.timeNs >= rows[i - 1]!.timeNs : row.timeNs <= rows[i - 1]!.timeNs),
  );
}

/** Queries with the number of lines that they find. */
const COUNTS: readonly (readonly [string, string, number])[] = [
  ['C14 contains', '{app="shop"} |= `request 7 `', 1],
  ['C14 contains either', '{app="shop"} |= `level=warn` or `level=error`', 60],
  ['C14 contains not', '{app="shop"} != "level=info"', 60],
  ['C14 regex', '{app="shop"} |~ "status=5.."', 12],
  ['C14 regex, any case', '{app="shop"} |~ "(?i)LEVEL=WARN"', 30],
  ['C14 regex not', '{app="shop"} !~ "(?i)level=(warn|error)"', 60],
  ['C15', '{app="shop"} | trace_id=`t3`', 24],
  ['C15 not', '{app="shop"} | trace_id!=`t3` | pod=`pod-1`', 48],
  ['C16', '{odd="a \\"b\\" \\\\ c|d"}', 1],
  ['C24', '{app="shop"}\n  # only warnings\n  |= `level=warn` # here\n\n', 30],
  ['context of an odd value', `{app="odd", odd="${ODD_VALUE.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"}`, 1],
  ['filter for a parsed field', '{app="shop"} | logfmt | user=`u3`', 17],
  ['filter out a parsed field', '{app="api"} | json | a_b!=`v1`', 40],
  ['numeric filter', '{app="shop"} | logfmt | duration>20ms | size<=2KB', 40],
  ['hint: no errors', '{app="text"} | json | __error__=``', 0],
  ['hint: unpack', '{app="text"} | unpack', 6],
  ['hint: label_format', '{app="shop"} | logfmt | label_format level=lvl', 120],
];

onServer(pushGrafanaData, (grafana) => {
  describe('log queries', () => {
    it('C1: backward with categorised labels, in order and inside the bounds', async () => {
      const rows = await grafana.rows('{app="shop"}', RANGE);
      expect(rows).toHaveLength(120);
      expect(ascends(rows, -1)).toBe(true);
      expect(lines(rows)).toEqual([...LOGFMT_LINES].reverse());
      expect(rows.every((row) => row.timeNs >= START_NS && row.timeNs < END_NS)).toBe(true);
    });

    it('C2, C3: the stream holds indexed labels only, metadata stands apart with the detected level', async () => {
      const rows = await grafana.rows('{app="shop"}', RANGE);
      for (const row of rows) {
        expect(row.stream).toEqual({ app: 'shop', env: 'prod', service_name: 'shop' });
        expect(Object.keys(row.metadata).sort()).toEqual(['detected_level', 'pod', 'trace_id']);
        expect(row.parsed).toEqual({});
      }
      const levels = new Map<string, number>();
      for (const { metadata } of rows)
        levels.set(metadata['detected_level']!, (levels.get(metadata['detected_level']!) ?? 0) + 1);
      expect(Object.fromEntries(levels)).toEqual({ info: 60, warn: 30, error: 30 });
    });

    it('C4: logfmt fields are parsed labels and do not split the stream', async () => {
      const { json } = await grafana.range('{app="shop"} | logfmt', RANGE);
      expect(json.data.result).toHaveLength(1);
      const rows = await grafana.rows('{app="shop"} | logfmt', RANGE);
      expect(rows.at(-1)!.parsed).toMatchObject({ level: 'info', method: 'GET', msg: 'request 0 done' });
    });

    it('C5: nested JSON becomes strings under joined names', async () => {
      const rows = await grafana.rows('{app="api"} | json', RANGE);
      expect(rows).toHaveLength(JSON_LINES.length);
      expect(rows.at(-1)!.parsed).toMatchObject({ a_b: 'v0', a_c: '0', ok: 'true', ratio: '0.5' });
    });

    it('C6: lines that cannot be parsed stay and carry the error', async () => {
      const rows = await grafana.rows('{app="text"} | json', RANGE);
      expect(rows).toHaveLength(TEXT_LINES.length);
      for (const row of rows) expect({ ...row.metadata, ...row.parsed }).toHaveProperty('__error__', 'JSONParserErr');
      expect(await grafana.rows('{app="text"} | json | __error__="JSONParserErr"', RANGE)).toHaveLength(
        TEXT_LINES.length,
      );
    });

    it('C7: forward over everything keeps nanoseconds and bytes', async () => {
      const rows = await grafana.rows('{app=~".+"}', { ...RANGE, direction: 'forward' });
      expect(rows).toHaveLength(120 + 60 + 6 + BURST + 1 + 40);
      const text = rows.filter((row) => row.stream['app'] === 'text');
      expect(lines(text)).toEqual(TEXT_LINES);
      expect(text.map((row) => row.timeNs)).toEqual(TEXT_LINES.map((_, i) => at(i)));
    });

    it.each([
      ['forward', 1],
      ['backward', -1],
    ] as const)('C22: twenty rows of one millisecond come in order %s', async (direction, sign) => {
      const rows = await grafana.rows('{app="burst"}', { ...RANGE, direction });
      expect(rows).toHaveLength(BURST);
      expect(ascends(rows, sign)).toBe(true);
      expect(rows.at(sign > 0 ? -1 : 0)!.timeNs).toBe(at(30) + BigInt((BURST - 1) * 7));
    });

    it('C8, C9: a limit takes the newest backward and the oldest forward', async () => {
      const newest = await grafana.rows('{app="shop"}', { ...RANGE, limit: 10 });
      expect(lines(newest)).toEqual(LOGFMT_LINES.slice(-10).reverse());
      const oldest = await grafana.rows('{app="shop"}', { ...RANGE, limit: 10, direction: 'forward' });
      expect(lines(oldest)).toEqual(LOGFMT_LINES.slice(0, 10));
    });

    it('C10: the start is included, the end is not', async () => {
      const rows = await grafana.rows(
        '{app="shop"}',
        { start: at(10), end: at(20), direction: 'forward' },
        {
          'X-Query-Tags': 'Source=infinitescroll',
        },
      );
      expect(lines(rows)).toEqual(LOGFMT_LINES.slice(10, 20));
    });

    it('C11: without the flag entries have two elements and metadata joins the stream', async () => {
      const answer = await grafana.get('/loki/api/v1/query_range', { ...RANGE, query: '{app="shop"}', limit: 5 });
      expect(answer.json.data).not.toHaveProperty('encodingFlags');
      for (const { stream, values } of answer.json.data.result) {
        expect(stream).toHaveProperty('trace_id');
        for (const value of values) expect(value).toHaveLength(2);
      }
    });

    it('C12: nothing found is an empty list of streams with its flag and stats', async () => {
      const { json } = await grafana.range('{app="nobody"}', RANGE);
      expect(json.data).toMatchObject({ resultType: 'streams', result: [], encodingFlags: ['categorize-labels'] });
      expect(json.data.stats.summary).toHaveProperty('execTime');
    });

    it('C13: the summary has the five numbers', async () => {
      const { json } = await grafana.range('{app="shop"} |= "level"', RANGE);
      for (const name of [
        'bytesProcessedPerSecond',
        'linesProcessedPerSecond',
        'totalBytesProcessed',
        'totalLinesProcessed',
        'execTime',
      ]) {
        expect(json.data.stats.summary[name], name).toBeGreaterThan(0);
      }
      for (const name of ['totalReached', 'totalChunksMatched', 'totalBatches', 'totalLinesSent']) {
        expect(typeof json.data.stats.ingester[name]).toBe('number');
      }
    });

    it.each(COUNTS)('%s: %s', async (_id, query, count) => {
      expect(await grafana.rows(query, RANGE)).toHaveLength(count);
    });

    it.each([
      ['C17', '{app="shop"} |= ', 'parse error at line 1'],
      ['C18', '{app=~".*"}', 'queries require at least one regexp or equality matcher'],
    ])('%s: %s is refused in words, not coded', async (_id, query, text) => {
      const answer = await grafana.range(query, RANGE);
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(text);
      expect(answer.headers.get('content-encoding')).toBeNull();
    });

    it('C19: tags, groups, limits contexts and alert marks change nothing', async () => {
      const context = JSON.stringify({ Expr: '{app="shop"}', From: iso(START_NS), To: iso(END_NS) });
      const rows = await grafana.rows('{app="shop"}', RANGE, {
        'X-Query-Tags': 'Source=grafana-lokiexplore-app',
        'X-Query-Group-Id': 'group-1',
        'X-Loki-Query-Limits-Context': context,
        FromAlert: 'true',
      });
      expect(rows).toHaveLength(120);
      await vi.waitFor(() =>
        expect(grafana.log()).toContain('"query":"{app=\\"shop\\"}","tags":"Source=grafana-lokiexplore-app"'),
      );
    });

    it('C20: gzip only when asked, the same rows either way', async () => {
      const plain = await grafana.range('{app="shop"}', RANGE, { 'Accept-Encoding': 'identity' });
      const packed = await grafana.range('{app="shop"}', RANGE);
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(packed.headers.get('content-encoding')).toBe('gzip');
      expect(rowsOf(packed)).toEqual(rowsOf(plain));
    });

    it('C21: a sample of ten lines', async () => {
      const rows = await grafana.rows('{app=~".+"}', { ...RANGE, limit: 10 }, { 'X-Query-Tags': 'Source=datasample' });
      expect(rows).toHaveLength(10);
    });

    it('C23: seconds, ISO times and nanoseconds mean the same', async () => {
      const seconds = { start: BASE_NS / 1_000_000_000n, end: END_NS / 1_000_000_000n };
      const byTime = [seconds, { start: iso(BASE_NS), end: iso(END_NS) }, { start: BASE_NS, end: END_NS }];
      const [first, ...others] = await Promise.all(byTime.map((range) => grafana.rows('{app="shop"}', range)));
      expect(first).toHaveLength(120);
      for (const rows of others) expect(rows).toEqual(first);
    });
  });

  it('D7: two halves are the whole, nothing twice', async () => {
    const whole = await grafana.rows('{app=~"shop|api"}', RANGE);
    const newer = await grafana.rows('{app=~"shop|api"}', { start: at(60), end: END_NS });
    const older = await grafana.rows('{app=~"shop|api"}', { start: START_NS, end: at(60) });
    expect([...newer, ...older].map(key).sort()).toEqual(whole.map(key).sort());
    expect(new Set(whole.map(key)).size).toBe(whole.length);
  });

  describe('context of a row', () => {
    const selector = '{app="shop", env="prod", service_name="shop"}';
    const tags = { 'X-Query-Tags': 'Source=logcontext' };

    it('E1: what came before it, newest first', async () => {
      const end = at(50);
      const rows = await grafana.rows(selector, { start: end - 7_200_000_000_000n, end, limit: 20 }, tags);
      expect(lines(rows)).toEqual(LOGFMT_LINES.slice(30, 50).reverse());
    });

    it('E2: what came after it, the row itself included', async () => {
      const start = at(50);
      const range = { start, end: start + 7_200_000_000_000n, limit: 20, direction: 'forward' };
      expect(lines(await grafana.rows(selector, range, tags))).toEqual(LOGFMT_LINES.slice(50, 70));
    });

    it('E3: with a parser and a kept field', async () => {
      const rows = await grafana.rows(
        `${selector} | logfmt | method=\`GET\``,
        { start: at(0), end: at(50), limit: 10 },
        tags,
      );
      expect(lines(rows)).toEqual(
        LOGFMT_LINES.slice(0, 50)
          .filter((_, i) => i % 2 === 0)
          .reverse()
          .slice(0, 10),
      );
    });
  });

  describe('shards', () => {
    const groups = ['__stream_shard__=~"3|2"', '__stream_shard__="1"', '__stream_shard__=""'];

    it('H1: the values are listed', async () => {
      const { json } = await grafana.resource('label/__stream_shard__/values', { ...RANGE, query: '{app="sharded"}' });
      expect(json.data.sort()).toEqual(['1', '2', '3']);
    });

    it('H2: the logs of all groups are those of the whole; an empty value selects the unsharded', async () => {
      const parts = await Promise.all(groups.map((group) => grafana.rows(`{app="sharded", ${group}}`, RANGE)));
      expect(parts.map((rows) => rows.length)).toEqual([20, 10, 10]);
      const whole = await grafana.rows('{app="sharded"}', RANGE);
      expect(parts.flat().map(key).sort()).toEqual(whole.map(key).sort());
    });

    it('H3: counts add up', async () => {
      const count = async (selector: string): Promise<number> => {
        const query = `sum(count_over_time({${selector}} | drop __stream_shard__[3600s]))`;
        const { json } = await grafana.instant(query, END_NS);
        return Number(json.data.result[0].value[1]);
      };
      const parts = await Promise.all(groups.map((group) => count(`app="sharded", ${group}`)));
      expect(parts.reduce((sum, one) => sum + one, 0)).toBe(await count('app="sharded"'));
    });
  });
});
