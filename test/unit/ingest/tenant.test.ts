import { expect, test } from 'vitest';
import { tenantFromHeader, tenantsFromHeader } from '../../../src/ingest/tenant.ts';

test('without authentication there is one tenant', () => {
  expect(tenantFromHeader('a|b', false)).toBe('fake');
  expect(tenantsFromHeader(undefined, false, true)).toEqual(['fake']);
});

test.each([
  [undefined, 'no org id', 401],
  ['', 'no org id', 401],
  ['a b', "tenant ID 'a b' contains unsupported character ' '", 400],
  ['../x', "tenant ID '../x' contains unsupported character '/'", 400],
  ['é', "tenant ID 'é' contains unsupported character 'é'", 400],
  ['x'.repeat(151), 'tenant ID is too long: max 150 characters', 400],
  ['.', "tenant ID is '.' or '..'", 400],
  ['..', "tenant ID is '.' or '..'", 400],
  ['a|b', 'multiple org IDs present', 400],
  ['|', 'no org id', 400],
  ['a|', 'no org id', 400],
])('header %s', (header, message, status) => {
  expect(() => tenantFromHeader(header, true)).toThrow(expect.objectContaining({ message, status }));
  expect(() => tenantsFromHeader(header, true, false)).toThrow(expect.objectContaining({ message, status }));
});

test('allowed names, repeats and several', () => {
  expect(tenantFromHeader("Team-1_.*'()!", true)).toBe("Team-1_.*'()!");
  expect(tenantFromHeader('a|a', true)).toBe('a');
  expect(tenantsFromHeader('b|a|b', true, true)).toEqual(['a', 'b']);
});
