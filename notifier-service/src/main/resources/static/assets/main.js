// The page: puts its parts together and starts to listen.
import { render } from './vendor/preact.mjs';
import { useEffect } from './vendor/hooks.mjs';
import { ACTIONS } from './actions.js';
import { Acknowledge, Fault, Resolve } from './fault.js';
import { Faults } from './faults.js';
import { stats } from './frames.js';
import { applyTheme, Header } from './header.js';
import { html } from './html.js';
import { unpin } from './lights.js';
import { Live } from './live.js';
import { app, dropToast, live, open, start } from './model.js';
import { session } from './session.js';
import { Ended, Stranger } from './sign-in.js';
import { Stack } from './stack.js';
import { useStore } from './store.js';
import { Watchers } from './watchers.js';

const DIALOGS = { ...ACTIONS, fault: Fault, acknowledge: Acknowledge, resolve: Resolve };

function App() {
  const state = useStore(session, (value) => value.state);
  const wasIn = useStore(session, (value) => value.wasIn);
  useEffect(() => {
    // There is nothing to skip before there is something to see.
    document.querySelector('.skip').hidden = !wasIn;
  }, [wasIn]);
  if (!wasIn) {
    return state === 'out' ? html`<${Stranger} />` : null;
  }
  return html`<${Header} />
    <${Disconnected} />
    <main class="board"><${Stack} /><${Faults} /><div class="side"><${Live} /><${Watchers} /></div></main>
    <footer class="foot"><a href="/v1/openapi.json">the interface</a> <a href="/v1/topology">topology</a> <a href="/v1/events">events</a>
      <a href="/actuator/health/readiness">readiness</a> <a href="/assets/vendor/LICENSES.txt">licences</a></footer>
    <${Open} />
    ${state === 'out' ? html`<${Ended} />` : null}
    <${Toasts} />
    <${Announced} />`;
}

function Disconnected() {
  const state = useStore(live, (value) => value.state);
  return state === 'broken'
    ? html`<p class="disconnected" role="alert">Disconnected: what is shown may be old. This page connects again by itself and goes on where it was.</p>`
    : null;
}

function Open() {
  const dialog = useStore(app, (value) => value.dialog);
  if (!dialog) {
    return null;
  }
  const { kind, ...about } = dialog;
  return html`<${DIALOGS[kind]} key=${kind + (about.id ?? about.fault?.id ?? about.device?.name)} ...${about} />`;
}

function Toasts() {
  const toasts = useStore(app, (value) => value.toasts);
  return html`<div class="toasts" role="status">${toasts.map((one) => html`<p key=${one.id} class="toast">${one.text}
    ${one.fault ? html`<button type="button" class="link" onClick=${() => open('fault', { id: one.fault })}>Show the fault</button>` : null}
    <button type="button" class="quiet" aria-label="Dismiss" onClick=${() => dropToast(one.id)}>✕</button></p>`)}</div>`;
}

function Announced() {
  const text = useStore(live, (value) => value.announced);
  return html`<p class="visually-hidden" aria-live="polite">${text}</p>`;
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
    unpin();
  }
});

applyTheme(app.value.theme);
// For the tests and for those who look under the bonnet.
globalThis.faultline = { stats };
const root = document.getElementById('app');
root.replaceChildren();
render(html`<${App} />`, root);
start();
