import type { FastifyRequest } from 'fastify';
import { tenantFromHeader } from '../../ingest/tenant.ts';

/**
 * Tenant of a request, from `X-Scope-OrgID`.
 *
 * @throws LogError TENANT_MISSING (401), TENANT_INVALID (400)
 */
export function tenantOf(request: FastifyRequest, authEnabled: boolean): string {
  const header = request.raw.headers['x-scope-orgid'];
  return tenantFromHeader(Array.isArray(header) ? header.join(',') : header, authEnabled);
}
