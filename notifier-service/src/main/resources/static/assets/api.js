// Calls of the interface under /v1, for whoever is signed in. A question waits while nobody is and
// is asked afterwards; a change is never sent later than it was meant.
import { Problem, send } from './http.js';
import { admitted, isOut, whoAmI } from './session.js';

/** Services hear of a new session one after the other, normally within milliseconds. */
const LAG_MILLIS = 500;
const LAG_TRIES = 10;

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

export async function get(path, signal) {
  for (let tries = 1; ; tries += 1) {
    await admitted(signal);
    try {
      return await send('GET', path, undefined, signal);
    } catch (failed) {
      if (failed.status !== 401 || tries === LAG_TRIES) {
        throw failed;
      }
    }
    await whoAmI();
    if (!isOut()) {
      await new Promise((wake) => {
        setTimeout(wake, LAG_MILLIS);
      });
    }
  }
}

async function change(method, path, body) {
  try {
    return await send(method, path, body);
  } catch (failed) {
    if (failed.status === 401) {
      await whoAmI();
      throw new Problem(401, failed.title, 'You were signed out, and nothing was changed. Sign in and send it again.');
    }
    throw failed;
  }
}

export const post = (path, body) => change('POST', path, body ?? {});
export const remove = (path) => change('DELETE', path);
