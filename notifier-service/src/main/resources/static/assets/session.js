// Who looks at this page, where the server asks. The cookie is the browser's; no script sees it.
import { send } from './http.js';
import { Store, useStore } from './store.js';

const SESSION = '/v1/session';
const ROLES = ['viewer', 'operator', 'admin'];

/** What is not known is left to the server to refuse. */
const UNKNOWN = { required: false, name: '', role: 'admin', expires: null };

/** state: asking (until the first answer), in, out; wasIn: whether there is something to be seen. */
export const session = new Store({ state: 'asking', wasIn: false, ...UNKNOWN });

const waiting = new Set();
const leaving = new Set();
let asking = null;
let signedIn = 0;
let enteredMillis = 0;

export const isOut = () => session.value.state === 'out';

/** When it was last let in, as performance.now() tells time. */
export const entered = () => enteredMillis;

/** Once somebody is let in: at once, or whenever that is. */
export function admitted(signal) {
  if (session.value.state === 'in') {
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    const wake = () => {
      waiting.delete(wake);
      signal?.removeEventListener('abort', give);
      resolve();
    };
    const give = () => {
      waiting.delete(wake);
      reject(signal.reason);
    };
    waiting.add(wake);
    signal?.addEventListener('abort', give, { once: true });
  });
}

/** Hears when nobody is let in any more. */
export function onLeave(listener) {
  leaving.add(listener);
  return () => leaving.delete(listener);
}

/** Asks the server; many that want to know at once ask once. */
export function whoAmI() {
  asking ??= ask().finally(() => {
    asking = null;
  });
  return asking;
}

async function ask() {
  const before = signedIn;
  let known = null;
  let refused = false;
  try {
    known = await send('GET', SESSION);
  } catch (failed) {
    refused = failed.status === 401;
  }
  if (before !== signedIn) {
    // Somebody signed in meanwhile: this answer is about the time before.
    return;
  }
  if (known) {
    enter(known);
  } else if (refused) {
    leave();
  } else if (session.value.state === 'asking') {
    enter(UNKNOWN);
  }
}

function enter({ required, name, role, expires }) {
  if (session.value.state !== 'in') {
    enteredMillis = performance.now();
  }
  session.set({ state: 'in', wasIn: true, required, name, role, expires });
  for (const wake of [...waiting]) {
    wake();
  }
}

function leave() {
  session.set({ state: 'out' });
  for (const listener of [...leaving]) {
    listener();
  }
}

/** @throws Problem in the server's words */
export async function signIn(token) {
  const known = await send('POST', SESSION, { token });
  signedIn += 1;
  enter(known);
}

/** Afterwards nothing that was shown is left in this page. */
export async function signOut() {
  try {
    await send('DELETE', SESSION);
  } catch (failed) {
    if (failed.status !== 401) {
      throw failed;
    }
  }
  location.reload();
}

/** Whether the role of whoever looks covers another one; the server has the last word. */
export const useMay = (role) => useStore(session, (value) => ROLES.indexOf(value.role) >= ROLES.indexOf(role));
