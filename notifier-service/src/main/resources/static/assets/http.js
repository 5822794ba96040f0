// One call of the server. What goes wrong is a Problem with a sentence for people.
import { stats } from './frames.js';

export class Problem extends Error {
  constructor(status, title, detail, errors = []) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.errors = errors;
  }
}

export async function send(method, path, body, signal) {
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
