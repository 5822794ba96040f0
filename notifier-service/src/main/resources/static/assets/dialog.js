// A dialog: the browser's own, which keeps the focus, closes with Escape and gives the focus back.
import { useEffect, useRef } from './vendor/hooks.mjs';
import { html } from './html.js';
import { close } from './model.js';

export function Dialog({ title, wide, danger, children }) {
  const box = useRef(null);
  useEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const outside = (event) => event.target === box.current && close();
  // One that was taken away for another is closed too, later: that must not close the other one.
  const closed = (event) => event.target.isConnected && close();
  return html`<dialog ref=${box} class=${`${wide ? 'wide' : ''} ${danger ? 'danger' : ''}`} aria-labelledby="dialog-title"
    onClose=${closed} onMouseDown=${outside}>
    <header class="bar"><h2 id="dialog-title">${title}</h2>
      <button type="button" class="quiet" aria-label="Close" onClick=${close}>✕</button></header>
    ${children}
  </dialog>`;
}

/** What was wrong, in the server's words. */
export function Failure({ problem }) {
  return problem
    ? html`<div class="problem" role="alert"><p>${problem.message}</p>
        ${problem.errors?.length ? html`<ul>${problem.errors.map((one) => html`<li>${one.pointer ? `${one.pointer}: ` : ''}${one.detail ?? one.message ?? ''}</li>`)}</ul>` : null}
      </div>`
    : null;
}
