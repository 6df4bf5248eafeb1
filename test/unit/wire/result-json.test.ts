import { describe, expect, it } from 'vitest';
import { decodeLine, formatRfc3339Nano, jsonText, labelText } from '../../../src/wire/json/json-text.ts';
import {
  detectedFieldsJson,
  detectedLabelsJson,
  fieldValuesJson,
  namesJson,
  seriesJson,
} from '../../../src/wire/result/metadata-json.ts';
import {
  legacyStreamsBody,
  type ResultData,
  type ResultExtras,
  type ResultStreams,
  resultBody,
} from '../../../src/wire/result/result-json.ts';
import { NO_STATS, statsJson } from '../../../src/wire/result/stats-json.ts';
import { resultText } from '../../support/result-text.ts';

function body(data: ResultData): string {
  const text = resultText(data);
  const at = text.indexOf(',"stats":');
  expect(text.slice(at)).toBe(`,"stats":${statsJson(NO_STATS)}}}`);
  return text.slice(0, at);
}

/** Streams by the JSON of their labels, with their entries. */
function streamsOf(...streams: readonly (readonly [string, string])[]): ResultStreams {
  return {
    count: streams.length,
    putLabels: (out, i) => out.string(streams[i]![0]),
    putEntries: (out, i) => out.string(streams[i]![1]),
  };
}

describe('resultJson', () => {
  it('puts encodingFlags before result', () => {
    const data: ResultData = {
      resultType: 'streams',
      encodingFlags: ['categorize-labels'],
      streams: streamsOf(['{"a":"b"}', '["1","x",{}],["2","y",{}],'], ['{}', '["3","z",{}],']),
      entryCount: 2,
    };
    expect(body(data)).toBe(
      '{"status":"success","data":{"resultType":"streams","encodingFlags":["categorize-labels"],"result":[{"stream":{"a":"b"},"values":[["1","x",{}],["2","y",{}]]},{"stream":{},"values":[["3","z",{}]]}]',
    );
  });

  it('writes times in seconds with at most three decimals, and values without exponent', () => {
    const data: ResultData = {
      resultType: 'matrix',
      series: [
        {
          labels: [],
          timesMs: [1795467593000, 1795467593500, 1795467593493, 0, 1],
          values: [1e21, 1e-7, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
        },
      ],
    };
    expect(body(data)).toBe(
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1795467593,"1000000000000000000000"],[1795467593.5,"0.0000001"],[1795467593.493,"NaN"],[0,"+Inf"],[0.001,"-Inf"]]}]',
    );
  });

  it('writes vectors, scalars and empty results', () => {
    expect(body({ resultType: 'vector', series: [{ labels: ['a', 'b'], timesMs: [1000], values: [2] }] })).toBe(
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"2"]}]',
    );
    expect(body({ resultType: 'scalar', timeMs: 1000, value: 2 })).toBe(
      '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]',
    );
    expect(body({ resultType: 'streams', streams: streamsOf(), entryCount: 0 })).toBe(
      '{"status":"success","data":{"resultType":"streams","result":[]',
    );
  });

  it('adds warnings behind the data', () => {
    const text = resultText({ resultType: 'vector', series: [] }, ['careful']);
    expect(JSON.parse(text)).toMatchObject({ status: 'success', warnings: ['careful'] });
    expect(text.endsWith('},"warnings":["careful"]}')).toBe(true);
  });
});

describe('stats', () => {
  it('has every key that clients know, as numbers', () => {
    const stats = JSON.parse(
      statsJson({ ...NO_STATS, execSeconds: 2, bytesProcessed: 100, linesProcessed: 10, headLines: 4 }),
    );
    expect(Object.keys(stats)).toEqual(['summary', 'querier', 'ingester', 'cache', 'index']);
    expect(stats.summary).toMatchObject({
      bytesProcessedPerSecond: 50,
      linesProcessedPerSecond: 5,
      totalBytesProcessed: 100,
      execTime: 2,
    });
    expect(stats.querier.store.chunk.decompressedLines).toBe(6);
    expect(stats.ingester.store.chunk.headChunkLines).toBe(4);
    expect(Object.keys(stats.cache)).toHaveLength(8);
  });
});

describe('texts', () => {
  it('quotes labels as Go does', () => {
    expect(labelText(['a', 'x"y\\z', 'b', '한'])).toBe('{a="x\\"y\\\\z", b="한"}');
  });

  it('replaces each invalid byte by itself', () => {
    const decode = (bytes: number[]): string => decodeLine(Uint8Array.from(bytes), 0, bytes.length);
    expect(decode([0x61, 0xe2, 0x82, 0x62])).toBe('a\ufffd\ufffdb');
    expect(decode([0xf0, 0x9f, 0x98, 0x80, 0xff])).toBe('😀\ufffd');
    expect(decode([0xed, 0xa0, 0x80])).toBe('\ufffd\ufffd\ufffd');
    expect(decode([0xef, 0xbb, 0xbf, 0x61])).toBe('\ufeffa');
    expect(decode([0xef, 0xbf, 0xbd])).toBe('\ufffd');
  });

  it('makes lone surrogates well formed', () => {
    expect(jsonText('a\ud800')).toBe('"a\ufffd"');
  });

  it('prints RFC 3339 with the decimals that are needed', () => {
    expect(formatRfc3339Nano(1_793_534_400_040_000_000n)).toBe('2026-11-01T12:00:00.04Z');
    expect(formatRfc3339Nano(1_793_534_400_000_000_000n)).toBe('2026-11-01T12:00:00Z');
    expect(formatRfc3339Nano(-1n)).toBe('1969-12-31T23:59:59.999999999Z');
  });
});

describe('metadata bodies', () => {
  it('leave members out when there is nothing', () => {
    expect(namesJson([])).toBe('{"status":"success"}');
    expect(namesJson(['a'])).toBe('{"status":"success","data":["a"]}');
    expect(seriesJson([])).toBe('{"status":"success","data":[]}');
    expect(detectedLabelsJson([])).toBe('{}');
    expect(fieldValuesJson([], 10)).toBe('{}');
    expect(detectedFieldsJson([], 10)).toBe('{}');
  });

  it('are the same each time that a list comes', () => {
    const names = Array.from({ length: 150 }, (_, i) => `é"${i}`);
    const series = names.map((name) => ['app', name]);
    const text = (body: string | Uint8Array): string => Buffer.from(body).toString();
    for (let i = 0; i < 4; i++) {
      expect(JSON.parse(text(namesJson(names)))).toEqual({ status: 'success', data: names });
      const data = names.map((app) => ({ app }));
      expect(JSON.parse(text(seriesJson(series)))).toEqual({ status: 'success', data });
    }
    expect(namesJson(names)).toBe(namesJson(names));
    expect(text(namesJson(names.slice(1)))).not.toBe(text(namesJson(names)));
  });

  it('write null for the parsers of metadata', () => {
    const field = { label: 'f', type: 'string', cardinality: 1, parsers: [] } as const;
    expect(detectedFieldsJson([field], 5)).toBe(
      '{"fields":[{"label":"f","type":"string","cardinality":1,"parsers":null}],"limit":5}',
    );
  });

  it('write legacy streams with their labels as text', () => {
    const streams = streamsOf(['"{a=\\"b\\"}"', '{"ts":"T","line":"x"},']);
    expect(Buffer.from(legacyStreamsBody(streams, NO_STATS) as Uint8Array).toString()).toContain(
      '{"streams":[{"labels":"{a=\\"b\\"}","entries":[{"ts":"T","line":"x"}]}],"stats":',
    );
  });
});

describe('large answers', () => {
  const matrix = (series: number, points: number): ResultData => ({
    resultType: 'matrix',
    series: Array.from({ length: series }, (_, i) => ({
      labels: ['pod', `p${i}`],
      timesMs: Array.from({ length: points }, (_, at) => at * 1000),
      values: Float64Array.from({ length: points }, (_, at) => i + at / 8),
    })),
  });
  const streams = streamsOf(
    ...Array.from({ length: 40 }, (_, i) => [`{"a":"${i}"}`, `["${i}","${'x'.repeat(20_000)}"],`] as const),
  );
  const piecesOf = (data: ResultData, extras?: ResultExtras): Generator<Uint8Array, void> => {
    const made = resultBody(data, NO_STATS, extras);
    if (made instanceof Uint8Array) throw new Error('in one piece');
    return made.pieces;
  };

  it.each([
    ['matrix', matrix(500, 100)],
    ['streams', { resultType: 'streams', streams, entryCount: 40 } satisfies ResultData],
  ] as const)('come in pieces that are together what they are whole: %s', (_kind, data) => {
    const pieces = Array.from(piecesOf(data), (piece) => Buffer.from(piece).toString());
    expect(pieces.length).toBeGreaterThan(2);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(512 * 1024);
    expect(pieces.join('')).toBe(resultText(data));
    expect(JSON.parse(pieces.join(''))).toMatchObject({ status: 'success' });
  });

  it('are not in the way of each other, whole or left', () => {
    const data = [matrix(500, 100), matrix(300, 200), matrix(700, 80)];
    const running = data.map((one) => piecesOf(one));
    const texts = data.map(() => '');
    const left = piecesOf(data[0]!);
    left.next();
    const next = (i: number): boolean => {
      const { value } = running[i]!.next();
      if (value !== undefined) texts[i] += Buffer.from(value).toString();
      return value !== undefined;
    };
    while (running.map((_, i) => next(i)).includes(true));
    left.return();
    expect(texts).toEqual(data.map((one) => resultText(one)));
  });

  it('stay as they are while others are written, to the end of the last piece', () => {
    const pieces = Array.from(piecesOf(matrix(500, 100)), (piece) => {
      for (const other of [matrix(3, 3), matrix(400, 150)]) resultText(other);
      return Buffer.from(piece).toString();
    });
    expect(pieces.join('')).toBe(resultText(matrix(500, 100)));
  });

  it('of one piece come whole', () => {
    expect(resultBody(matrix(2, 3), NO_STATS)).toBeInstanceOf(Uint8Array);
  });

  it('are done once, when all is written or nobody wants more', () => {
    const calls: string[] = [];
    const noted = (name: string) => ({ done: () => calls.push(name) });
    resultBody(matrix(2, 3), NO_STATS, noted('whole'));
    const pieces = piecesOf(matrix(500, 100), noted('pieces'));
    pieces.next();
    const left = piecesOf(matrix(500, 100), noted('left'));
    left.next();
    expect(calls).toEqual(['whole']);
    left.return();
    while (pieces.next().done !== true);
    expect(calls).toEqual(['whole', 'left', 'pieces']);
  });
});
