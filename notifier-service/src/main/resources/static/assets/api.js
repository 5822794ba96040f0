// Calls of the interface under /v1. What goes wrong is a Problem with a sentence for people.
import { stats } from './frames.js';

export class Problem extends Error {
  constructor(status, title, detail, errors = []) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.errors = errors;
  }
}

/** A path with its names encoded: at`/v1/hosts/${host}/devices/${device}`. */
export function at(parts, ...names) {
  return parts.reduce((path, part, i) => path + encodeURIComponent(names[i - 1]) + part);
}

/** Parameters that are null, undefined or empty are left out. */
export function query(parameters) {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== '') {
      all.append(name, value);
    }
  }
  return all.size ? `?${all}` : '';
}

async function call(method, path, body, signal) {
  stats.requests += 1;
  let answer;
  try {
    answer = await fetch(path, {
      method,
      signal,
      headers: {
        Accept: 'application/json, application/problem+json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (failed) {
    if (failed.name === 'AbortError') {
      throw failed;
    }
    throw new Problem(0, 'Not reachable', 'Faultline cannot be reached just now; nothing was changed as far as this page knows');
  }
  const text = await answer.text();
  let json = null;
  try {
    json = text ? JSON.parse(text) : null;
  } catch {
    // Told below, with the status.
  }
  if (!answer.ok) {
    throw new Problem(
      answer.status,
      json?.title ?? `Status ${answer.status}`,
      json?.detail ?? json?.title ?? `The server answered with status ${answer.status}`,
      json?.errors,
    );
  }
  return json;
}

export const get = (path, signal) => call('GET', path, undefined, signal);
export const post = (path, body) => call('POST', path, body ?? {});
export const remove = (path) => call('DELETE', path);
