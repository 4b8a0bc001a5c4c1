/**
 * Checks requests against their TypeBox schemas and says what was wrong and where. Query and path parameters are text and are
 * converted first; bodies are taken as they are.
 */
import type { ApiFieldError } from '@sluice/protocol/console';
import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { HttpFailure } from '../http-failure.ts';

const parts: Readonly<Record<string, ApiFieldError['in']>> = {
  body: 'body',
  querystring: 'query',
  query: 'query',
  params: 'params',
  headers: 'headers',
};

/** Errors told per request. */
const MAX_FIELDS = 8;

export function useRequestValidation(app: FastifyInstance): void {
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    const check = Compile(schema);
    const part = parts[httpPart ?? 'body'] ?? 'body';
    return (value: unknown) => {
      const converted = part === 'body' ? value : Value.Convert(schema, value);
      if (check.Check(converted)) return { value: converted };
      return { error: failure(part, check.Errors(converted)) };
    };
  });
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** Turns the library's errors into fields; where a union failed, the errors of its branches say less than the union's own. */
export function describeErrors(part: ApiFieldError['in'], errors: readonly SchemaError[]): ApiFieldError[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf').map((error) => error.instancePath);
  const told = errors.filter((error) => error.keyword === 'anyOf' || !unions.some((path) => error.instancePath.startsWith(path)));
  const fields = new Map<string, ApiFieldError>();
  for (const error of told.length > 0 ? told : errors) {
    for (const field of fieldsOf(part, error)) if (!fields.has(field.path)) fields.set(field.path, field);
  }
  return [...fields.values()].slice(0, MAX_FIELDS);
}

function fieldsOf(part: ApiFieldError['in'], error: SchemaError): ApiFieldError[] {
  const params = error.params as Record<string, unknown>;
  const names = (key: string): string[] => (Array.isArray(params[key]) ? params[key].map(String) : []);
  switch (error.keyword) {
    case 'required':
      return names('requiredProperties').map((name) => ({
        in: part,
        path: `${error.instancePath}/${name}`,
        message: 'is missing',
      }));
    case 'additionalProperties':
      return names('additionalProperties').map((name) => ({
        in: part,
        path: `${error.instancePath}/${name}`,
        message: 'is not known here',
      }));
    case 'enum':
      return [{ in: part, path: error.instancePath, message: `must be one of ${names('allowedValues').join(', ')}` }];
    case 'boolean':
      // Added beside `additionalProperties`, which names the property.
      return [];
    case 'anyOf':
      return [{ in: part, path: error.instancePath, message: 'has none of the allowed forms' }];
    default:
      return [{ in: part, path: error.instancePath, message: error.message }];
  }
}

function failure(part: ApiFieldError['in'], errors: readonly SchemaError[]): HttpFailure {
  const fields = describeErrors(part, errors);
  const first = fields[0];
  const message =
    first === undefined
      ? `the ${part} is not valid`
      : `${first.in}${first.path === '' ? '' : ` ${first.path}`}: ${first.message}`;
  return new HttpFailure('bad_request', message, { fields });
}
