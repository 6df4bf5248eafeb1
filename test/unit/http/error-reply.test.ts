import { describe, expect, it } from 'vitest';
import { ParseError, QueryKindError } from '../../../grammar/parse-error.ts';
import { ERROR_KINDS, type ErrorCode, LogError } from '../../../src/base/errors.ts';
import { acceptsGzip } from '../../../src/http/reply/reply-json.ts';
import { answerFor } from '../../../src/http/request/error-reply.ts';
import { collapseSlashes, RouteTable, routeName } from '../../../src/http/request/route-name.ts';

describe('answerFor', () => {
  it('has a status for every code', () => {
    for (const code of Object.keys(ERROR_KINDS) as ErrorCode[]) {
      const { status } = answerFor(new LogError(code, 'x'));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
    }
  });

  it('blames the query for errors of the grammar, and us for what it does not know', () => {
    expect(answerFor(new ParseError('r'))).toEqual({ status: 400, message: 'parse error : r' });
    expect(answerFor(new QueryKindError('only log selector is supported')).status).toBe(400);
    expect(answerFor(new TypeError('x is undefined'))).toEqual({
      status: 500,
      message: 'error while processing request: x is undefined',
    });
    expect(answerFor('text').status).toBe(500);
  });
});

describe('acceptsGzip', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['deflate, GZIP;q=1.0', true],
    ['gzip;q=0.000', false],
    ['*', true],
    ['*;q=0, gzip', true],
    ['br', false],
  ])('%s: %s', (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});

describe('routes', () => {
  it('are named as in Loki', () => {
    expect(routeName('/loki/api/v1/label/:name/values')).toBe('loki_api_v1_label_name_values');
    expect(routeName('/otlp/v1/logs')).toBe('otlp_v1_logs');
    expect(routeName(undefined)).toBe('other');
  });

  it('lose doubled slashes in the path only', () => {
    expect(collapseSlashes('//a///b?c=//d')).toBe('/a/b?c=//d');
    expect(collapseSlashes('/a?b=//')).toBe('/a?b=//');
  });

  it('are found with their parameters', () => {
    const table = new RouteTable();
    table.add('/a/:x/b', ['GET']);
    table.add('/a/:x/b', ['POST']);
    expect(table.methodsOf('/a/1/b')).toEqual(['GET', 'POST']);
    expect(table.methodsOf('/a//b')).toBeUndefined();
    expect(table.methodsOf('/a/1/b/')).toBeUndefined();
  });
});
