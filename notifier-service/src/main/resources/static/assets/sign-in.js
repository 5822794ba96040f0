// Asks for a token: in place of the page, or over it where a session ended while it was open.
import { useEffect, useRef, useState } from './vendor/hooks.mjs';
import { Failure } from './dialog.js';
import { timeOfDay } from './format.js';
import { html } from './html.js';
import { toast } from './model.js';
import { isOut, session, signIn, signOut, useMay } from './session.js';
import { useStore } from './store.js';

/** Before anything is shown. */
export function Stranger() {
  return html`<main class="plain"><div class="panel sign-in">
    <h1>Faultline</h1>
    <p>Whoever looks at this must say who they are.</p>
    <${Form} />
  </div></main>`;
}

/** What is shown stays where it is; it cannot be used until somebody signs in. */
export function Ended() {
  const box = useRef(null);
  useEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  // A browser closes a dialog at the second Escape whatever the page says of it.
  const closed = () => isOut() && box.current?.showModal();
  return html`<dialog ref=${box} class="sign-in" aria-labelledby="ended-title" closedby="none"
    onCancel=${(event) => event.preventDefault()} onClose=${closed}>
    <h2 id="ended-title">Your session has ended</h2>
    <p>What is shown may be old. It stays, and goes on when you have signed in.</p>
    <${Form} />
  </dialog>`;
}

function Form() {
  const field = useRef(null);
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => field.current.focus(), []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await signIn(token.trim());
    } catch (failed) {
      setProblem(failed);
      setBusy(false);
      field.current?.select();
    }
  };
  // By POST, so that the token would not stand in an address even if this script failed.
  return html`<form method="post" onSubmit=${submit}>
    <label>Token <input type="password" name="token" ref=${field} required maxlength="8192" autocomplete="off" autocapitalize="off" spellcheck=${false}
      aria-describedby="token-hint" aria-invalid=${problem ? 'true' : null} value=${token} onInput=${(event) => setToken(event.target.value)} /></label>
    <p id="token-hint" class="faint">An administrator makes tokens: <code>./run token create</code> or <code>POST /v1/tokens</code>.</p>
    <${Failure} problem=${problem} />
    <footer class="buttons"><button type="submit" class="strong" disabled=${busy}>${busy ? 'Signing in…' : 'Sign in'}</button></footer>
  </form>`;
}

/** Where callers are asked: who this is, and the way out. */
export function Who() {
  const { state, required, name, role, expires } = useStore(session);
  if (state !== 'in' || !required) {
    return null;
  }
  const leave = () => signOut().catch((failed) => toast(failed.message));
  return html`<p class="who" title=${expires ? `until ${timeOfDay(expires)}` : null}><b>${name}</b> <span class="faint">${role}</span>
    <button type="button" onClick=${leave}>Sign out</button></p>`;
}

/** Why something is not offered; nothing where it is. */
export function Needs({ role, to }) {
  const may = useMay(role);
  const mine = useStore(session, (value) => value.role);
  return may ? null : html`<p class="note needs">To ${to} needs the role ${role}; yours is ${mine}.</p>`;
}
