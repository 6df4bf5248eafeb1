import { LogError } from '../base/errors.ts';
import { compareText } from '../model/labels.ts';

export const SEVERAL_TENANTS = 'multiple org IDs present';

/** The tenant of every request while authentication is off. */
const SINGLE_TENANT = 'fake';

const MAX_TENANT_BYTES = 150;
const ALLOWED = /^[a-zA-Z0-9!\-_.*'()]$/;

/**
 * The one tenant of a push, delete or tail.
 *
 * @param header value of `X-Scope-OrgID`
 * @throws LogError TENANT_MISSING (401), TENANT_INVALID (400)
 */
export function tenantFromHeader(header: string | undefined, authEnabled: boolean): string {
  if (!authEnabled) return SINGLE_TENANT;
  const tenants = splitTenants(header);
  if (tenants.length > 1) throw invalid(SEVERAL_TENANTS);
  return tenants[0]!;
}

/**
 * The tenants of a query, sorted and without repeats.
 *
 * @param severalAllowed whether one query may span tenants
 * @throws LogError TENANT_MISSING (401), TENANT_INVALID (400)
 */
export function tenantsFromHeader(
  header: string | undefined,
  authEnabled: boolean,
  severalAllowed: boolean,
): readonly string[] {
  if (!authEnabled) return [SINGLE_TENANT];
  const tenants = splitTenants(header);
  if (tenants.length > 1 && !severalAllowed) throw invalid(SEVERAL_TENANTS);
  return tenants;
}

function splitTenants(header: string | undefined): string[] {
  if (header === undefined || header === '') throw new LogError('TENANT_MISSING', 'no org id', { status: 401 });
  const tenants = new Set(header.split('|'));
  for (const tenant of tenants) checkTenant(tenant);
  return [...tenants].sort(compareText);
}

function checkTenant(tenant: string): void {
  // Loki takes a header of bars only as a tenant without a name, and then cannot query it.
  if (tenant === '') throw invalid('no org id');
  for (const char of tenant) {
    if (!ALLOWED.test(char)) throw invalid(`tenant ID '${tenant}' contains unsupported character '${char}'`);
  }
  if (tenant.length > MAX_TENANT_BYTES) throw invalid(`tenant ID is too long: max ${MAX_TENANT_BYTES} characters`);
  if (tenant === '.' || tenant === '..') throw invalid("tenant ID is '.' or '..'");
}

function invalid(message: string): LogError {
  return new LogError('TENANT_INVALID', message, { status: 400 });
}
