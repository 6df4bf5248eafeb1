import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/main.ts';

interface Asked {
  readonly path: string;
  readonly params: URLSearchParams;
  readonly orgId: string | null;
}

/** A world whose server is a function; `sleep` may throw to end a tail. */
function worldOf(answer: (asked: Asked) => unknown, sleep: () => Promise<void> = async () => undefined) {
  const asked: Asked[] = [];
  let out = '';
  let err = '';
  const fetcher = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(input));
    const request = {
      path: url.pathname,
      params: url.searchParams,
      orgId: new Headers(init?.headers).get('x-scope-orgid'),
    };
    asked.push(request);
    const body = answer(request);
    return body instanceof Response ? body : new Response(JSON.stringify(body));
  };
  const world = {
    env: {},
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    fetch: fetcher as typeof fetch,
    nowMs: () => 1_700_000_000_000,
    sleep,
  };
  return { world, asked, out: () => out, err: () => err };
}

interface Row {
  readonly time: number;
  readonly line: string;
}

/** Answers query_range from rows as a server would: bounds, direction, limit. */
function serverOf(rows: Row[]) {
  return ({ params }: Asked) => {
    const start = BigInt(params.get('start')!);
    const end = BigInt(params.get('end')!);
    const forward = params.get('direction') === 'forward';
    const inside = rows
      .filter((row) => BigInt(row.time) >= start && BigInt(row.time) < end)
      .sort((a, b) => a.time - b.time);
    const picked = (forward ? inside : inside.reverse()).slice(0, Number(params.get('limit')));
    const values = picked.map((row) => [String(row.time), row.line]);
    return {
      status: 'success',
      data: { resultType: 'streams', result: values.length === 0 ? [] : [{ stream: { app: 'a' }, values }] },
    };
  };
}

function events(parts: readonly string[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const part of parts) controller.enqueue(Buffer.from(part));
      controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

describe('query', () => {
  it('prints lines of all streams in time order, in each format', async () => {
    const data = {
      resultType: 'streams',
      result: [
        {
          stream: { app: 'a' },
          values: [
            ['1700000000000000003', 'three'],
            ['1700000000000000001', 'one'],
          ],
        },
        { stream: { app: 'b', x: 'q"' }, values: [['1700000000000000002', 'two']] },
      ],
    };
    const outputs: Record<string, string> = {};
    for (const format of ['default', 'raw', 'jsonl']) {
      const { world, out, asked } = worldOf(() => ({ data }));
      expect(await runCli('query', ['{app=~".+"}', '-o', format, '--org-id', 't1'], world)).toBe(0);
      expect(asked[0]).toMatchObject({ path: '/loki/api/v1/query_range', orgId: 't1' });
      outputs[format] = out();
    }
    expect(outputs['raw']).toBe('three\ntwo\none\n');
    expect(outputs['default']!.split('\n')[1]).toBe('2023-11-14T22:13:20.000000002Z {app="b", x="q\\""} two');
    expect(JSON.parse(outputs['jsonl']!.split('\n')[2]!)).toEqual({
      timestamp: '2023-11-14T22:13:20.000000001Z',
      labels: { app: 'a' },
      line: 'one',
    });
  });

  it.each(['forward', 'backward'])(
    'pages %s without loss or repeat, also where many lines share a time',
    async (direction) => {
      // 2,500 lines; each time occurs five times, so that pages of 1,000 cut inside a time.
      const rows = Array.from({ length: 2503 }, (_, i) => ({ time: 1000 + Math.floor(i / 5), line: `line ${i}` }));
      const { world, out, asked } = worldOf(serverOf(rows));
      const args = [
        'q',
        '--from',
        '1',
        '--to',
        '2',
        '--limit',
        '2400',
        '-o',
        'raw',
        ...(direction === 'forward' ? ['--forward'] : []),
      ];
      const scaled = rows.map((row) => ({ ...row, time: row.time + 1_000_000_000 }));
      rows.splice(0, rows.length, ...scaled);
      expect(await runCli('query', args, world)).toBe(0);
      const lines = out().trimEnd().split('\n');
      expect(lines).toHaveLength(2400);
      expect(new Set(lines).size).toBe(2400);
      expect(asked.length).toBeGreaterThanOrEqual(3);
    },
  );

  it('prints samples', async () => {
    const data = {
      resultType: 'matrix',
      result: [
        {
          metric: { app: 'a' },
          values: [
            [1_700_000_000, '1'],
            [1_700_000_060.5, '2'],
          ],
        },
      ],
    };
    const { world, out } = worldOf(() => ({ data }));
    await runCli('query', ['rate({app="a"}[1m])'], world);
    expect(out()).toBe('2023-11-14T22:13:20.000Z {app="a"} 1\n2023-11-14T22:14:20.500Z {app="a"} 2\n');
  });

  it("tells the server's own words and ends with 1", async () => {
    const { world, err } = worldOf(() => new Response('parse error : syntax error: unexpected $end', { status: 400 }));
    expect(await runCli('query', ['{'], world)).toBe(1);
    expect(err()).toBe('400: parse error : syntax error: unexpected $end\n');
  });

  it('ends with 1 when the server is away, and with 2 for wrong use', async () => {
    const away = worldOf(() => {
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    });
    expect(await runCli('query', ['q'], away.world)).toBe(1);
    expect(away.err()).toBe('cannot reach http://127.0.0.1:3100: connect ECONNREFUSED\n');
    const wrong = worldOf(() => ({}));
    expect(await runCli('query', [], wrong.world)).toBe(2);
    expect(wrong.err()).toContain('usage: halogi query [flags] <LogQL>');
  });
});

describe('labels, series, stats', () => {
  it('lists names and values', async () => {
    const { world, out, asked } = worldOf(({ path }) =>
      path.endsWith('/values') ? { data: ['x', 'y'] } : { status: 'success' },
    );
    await runCli('labels', [], world);
    expect(out()).toBe('');
    await runCli('labels', ['a/b'], world);
    expect(out()).toBe('x\ny\n');
    expect(asked.map((item) => item.path)).toEqual(['/loki/api/v1/labels', '/loki/api/v1/label/a%2Fb/values']);
  });

  it('lists series of several selectors', async () => {
    const { world, out, asked } = worldOf(() => ({ data: [{ b: '2', a: '1' }] }));
    await runCli('series', ['{a="1"}', '{b="2"}'], world);
    expect(asked[0]!.params.getAll('match[]')).toEqual(['{a="1"}', '{b="2"}']);
    expect(out()).toBe('{a="1", b="2"}\n');
  });

  it('prints statistics', async () => {
    const { world, out } = worldOf(() => ({ streams: 1, chunks: 2, bytes: 3, entries: 4 }));
    await runCli('stats', ['{a="1"}'], world);
    expect(out()).toBe('streams: 1\nchunks: 2\nbytes: 3\nentries: 4\n');
  });
});

describe('tail', () => {
  it('shows what the server sends, asks again after a break, and repeats nothing', async () => {
    const time = (i: number): string => String(1_700_000_000_000_000_000n + BigInt(i) * 1_000_000_000n);
    const frame = (...entries: number[]): string => {
      const streams = entries.map((i) => ({ stream: { app: 'a' }, values: [[time(i), `line ${i}`]] }));
      return `data: ${JSON.stringify({ streams })}\n\n`;
    };
    const answers = [
      () => events([frame(1), frame(2).slice(0, 20), `${frame(2).slice(20)}:\n\n`]),
      () => new Response('starting', { status: 503 }),
      () => events([frame(2, 3), 'event: end\ndata: {"reason":"the server is stopping"}\n\n']),
      () => new Response('parse error', { status: 400 }),
    ];
    const { world, out, err, asked } = worldOf(() => answers.shift()!());
    expect(await runCli('tail', ['q', '-o', 'raw', '--limit', '7'], world)).toBe(1);
    expect(out()).toBe('line 1\nline 2\nline 3\n');
    expect(err()).toBe('503: starting\n400: parse error\n');
    expect(asked.map(({ path, params }) => [path, params.get('start'), params.get('limit')]).slice(1)).toEqual([
      ['/halogi/api/v1/tail', time(1), '100000'],
      ['/halogi/api/v1/tail', time(1), '100000'],
      ['/halogi/api/v1/tail', time(1), '100000'],
    ]);
    expect(asked[0]!.params.get('limit')).toBe('7');
  });

  it('shows the newest lines, then each new one once, and survives a server that is away', async () => {
    const nowNs = 1_700_000_000_000_000_000;
    // Steps of 1,024 ns: such numbers are exact.
    const rows: Row[] = [
      { time: nowNs - 2048, line: 'old' },
      { time: nowNs - 1024, line: 'newest' },
    ];
    let looks = 0;
    let failing = false;
    const end = new Error('end of the test');
    const { world, out, err } = worldOf(
      (asked) => {
        if (asked.path === '/halogi/api/v1/tail') return new Response('404 page not found', { status: 404 });
        return failing ? new Response('starting', { status: 503 }) : serverOf(rows)(asked);
      },
      async () => {
        looks++;
        if (looks === 1) rows.push({ time: nowNs, line: 'new' });
        failing = looks === 2;
        if (looks === 4) throw end;
      },
    );
    await expect(runCli('tail', ['q', '-o', 'raw', '--limit', '1'], world)).rejects.toBe(end);
    expect(out()).toBe('newest\nnew\n');
    expect(err()).toBe('503: starting\n');
  });
});
