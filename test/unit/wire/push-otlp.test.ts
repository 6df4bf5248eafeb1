import { describe, expect, test } from 'vitest';
import { encodeOtlpStatus } from '../../../src/wire/otlp/push-otlp.ts';
import { NOW_NS, PushHarness } from '../../support/push-harness.ts';
import { otlpSchema } from '../../support/push-schema.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const text = (stringValue: string): object => ({ stringValue });
const pair = (key: string, value: object): object => ({ key, value });

const request = {
  resourceLogs: [
    {
      resource: {
        attributes: [
          pair('k8s.container.name', text('cart')),
          pair('host.name', text('node-1')),
          pair('same.name', text('resource')),
        ],
      },
      scopeLogs: [
        {
          scope: { name: 'lib', version: '1', droppedAttributesCount: 2, attributes: [pair('s', text('v'))] },
          logRecords: [
            {
              timeUnixNano: '1793700660000000001',
              observedTimeUnixNano: '1793700660000000009',
              severityNumber: 17,
              body: { kvlistValue: { values: [pair('b', text('<x>')), pair('a', { intValue: '9007199254740993' })] } },
              attributes: [
                pair('same.name', text('record')),
                pair('deep', {
                  kvlistValue: { values: [pair('er', { kvlistValue: { values: [pair('x', text('1'))] } })] },
                }),
                pair('list', { arrayValue: { values: [text('q"'), { boolValue: false }, { doubleValue: 2 }] } }),
                pair('raw', { bytesValue: Buffer.from([1, 2, 255]).toString('base64') }),
                pair('empty', text('')),
              ],
              droppedAttributesCount: 3,
              flags: 1,
              traceId: TRACE,
              spanId: '0000000000000000',
            },
            { body: text('no time') },
          ],
        },
      ],
    },
  ],
};

const EXPECTED = [
  {
    labels: { k8s_container_name: 'cart', service_name: 'cart' },
    ns: 1793700660000000001n,
    line: '{"a":9007199254740993,"b":"\\u003cx\\u003e"}',
    metadata: {
      deep_er_x: '1',
      detected_level: 'error',
      dropped_attributes_count: '3',
      flags: '1',
      host_name: 'node-1',
      list: '["q\\"",false,2]',
      observed_timestamp: '1793700660000000009',
      raw: 'AQL/',
      s: 'v',
      same_name: 'resource',
      scope_dropped_attributes_count: '2',
      scope_name: 'lib',
      scope_version: '1',
      severity_number: '17',
      trace_id: TRACE,
    },
  },
  {
    labels: { k8s_container_name: 'cart', service_name: 'cart' },
    ns: NOW_NS,
    line: 'no time',
    metadata: {
      detected_level: 'unknown',
      host_name: 'node-1',
      s: 'v',
      same_name: 'resource',
      scope_dropped_attributes_count: '2',
      scope_name: 'lib',
      scope_version: '1',
    },
  },
];

/** The same request with ids as bytes, as protobuf has them. */
function protobufBody(): Buffer {
  const copy = structuredClone(request);
  const record = copy.resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!;
  Object.assign(record, { traceId: Buffer.from(TRACE, 'hex'), spanId: Buffer.alloc(8) });
  return Buffer.from(otlpSchema.encode(otlpSchema.fromObject(copy)).finish());
}

describe.each([
  ['application/json', Buffer.from(JSON.stringify(request))],
  ['application/x-protobuf', protobufBody()],
])('%s', (contentType, body) => {
  test('records become rows', async () => {
    const harness = new PushHarness();
    const reply = await harness.send({ kind: 'otlp', contentType, body });
    expect(reply.status).toBe(204);
    expect(harness.sink.rows()).toEqual(EXPECTED);
    expect(harness.replay().sink.rows()).toEqual(EXPECTED);
  });

  test('damage is a 400 with a protobuf status', async () => {
    const harness = new PushHarness();
    for (let cut = 1; cut < body.length; cut += 7) {
      const reply = await harness.send({ kind: 'otlp', contentType, body: body.subarray(0, cut) });
      if (contentType === 'application/json') expect(reply.status).toBe(400);
      expect([204, 400, 422]).toContain(reply.status);
      if (reply.status !== 204) expect((reply.body as Buffer)[0]).toBe(0x12);
    }
  });
});

test('long whole numbers may stand as JSON numbers', async () => {
  const harness = new PushHarness();
  const body =
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":1793700660000000001,"body":{"intValue":9007199254740993}}]}]}]}';
  expect((await harness.send({ kind: 'otlp', body })).status).toBe(204);
  expect(harness.sink.rows()).toMatchObject([{ ns: 1793700660000000001n, line: '9007199254740993' }]);
});

test('a name that leaves nothing, no records, a charset', async () => {
  const harness = new PushHarness();
  const send = async (body: object, contentType = 'application/json'): Promise<string> => {
    const reply = await harness.send({ kind: 'otlp', contentType, body: JSON.stringify(body) });
    return `${reply.status} ${reply.body.toString()}`;
  };
  const record = { attributes: [pair('...', text('x'))] };
  expect(await send({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] })).toContain(
    'symbolizer lookup: normalization for label name "..." resulted in invalid name "___"',
  );
  expect(await send({ resourceLogs: [] })).toContain('error at least one valid stream is required for ingestion');
  expect(await send({}, 'application/json; charset=utf-8')).toContain(
    'content type: application/json; charset=utf-8 is not supported',
  );
  let deep: object = text('x');
  for (let i = 0; i < 100; i++) deep = { arrayValue: { values: [deep] } };
  expect(await send({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: deep }] }] }] })).toContain(
    'nested more than 64',
  );
});

test('the status message', () => {
  expect(encodeOtlpStatus('ab')).toEqual(Buffer.from([0x12, 2, 0x61, 0x62]));
  expect(encodeOtlpStatus('x'.repeat(200)).length).toBe(203);
});
