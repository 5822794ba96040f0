// Who is told, and whether they take it. Fields that a server does not tell are left out.
import { useEffect, useMemo, useState } from './vendor/hooks.mjs';
import { at, get } from './api.js';
import { age, dateAndTime, number, plural, words } from './format.js';
import { html } from './html.js';
import { Mark } from './marks.js';
import { app, onEvents } from './model.js';
import { Refresh } from './refresh.js';
import { useStore } from './store.js';

const PAUSE_MILLIS = 4_000;
const LOOK_EVERY_MILLIS = 10_000;

export function Watchers() {
  const [known, setKnown] = useState({ items: null, problem: null });
  const now = useStore(app, (value) => value.now);
  const refresh = useMemo(
    () => new Refresh(async (signal) => {
      try {
        setKnown({ ...(await get('/v1/watchers?limit=100', signal)), problem: null });
      } catch (failed) {
        if (failed.name !== 'AbortError') {
          setKnown((before) => ({ ...before, problem: failed.message }));
          throw failed;
        }
      }
    }, PAUSE_MILLIS),
    [],
  );
  useEffect(() => {
    refresh.ask();
    const timer = setInterval(() => document.hidden || refresh.ask(), LOOK_EVERY_MILLIS);
    const stop = onEvents(() => refresh.ask());
    return () => {
      clearInterval(timer);
      stop();
      refresh.stop();
    };
  }, []);
  return html`<section class="panel watchers" aria-labelledby="watchers-title">
    <header class="bar"><h2 id="watchers-title">Watchers</h2></header>
    ${known.problem ? html`<p class="problem">${known.problem}</p>` : null}
    ${known.items === null ? null : known.items.length
      ? html`<ul class="watcher-list">${known.items.map((one) => html`<${Watcher} key=${one.name} watcher=${one} now=${now} />`)}</ul>`
      : html`<p class="empty">Nobody has registered. <code>PUT /v1/watchers/ops</code> makes one.</p>`}
    ${known.next ? html`<p class="note">The first ${known.items.length} are shown.</p>` : null}
  </section>`;
}

function health(watcher) {
  if (watcher.state && watcher.state !== 'active') {
    return [watcher.state === 'paused' ? 'paused' : 'critical', words(watcher.state)];
  }
  return watcher.failures > 0 ? ['error', `failing, ${plural(watcher.failures, 'try', 'tries')}`] : ['ok', 'delivering'];
}

function Watcher({ watcher, now }) {
  const [mark, text] = health(watcher);
  const [shown, setShown] = useState(false);
  const facts = [
    watcher.delivered === undefined ? null : `${number(watcher.delivered)} delivered`,
    watcher.pending === undefined ? null : `${number(watcher.pending)} waiting`,
    watcher.deadLetters === undefined ? null : `${number(watcher.deadLetters)} given up`,
    watcher.nextAttemptAt ? `next try ${dateAndTime(watcher.nextAttemptAt)}` : null,
  ].filter((one) => one !== null);
  return html`<li>
    <div class="head"><h3>${watcher.name}</h3><span class="about">${watcher.sink?.type ?? ''}</span><${Mark} is=${mark} text=${text} /></div>
    <p class="sum address">${watcher.sink?.url ?? watcher.sink?.topic ?? ''}</p>
    <p class="sum">${facts.join(' · ')}</p>
    <details onToggle=${(event) => setShown(event.target.open)}><summary>Deliveries<span class="visually-hidden"> of ${watcher.name}</span></summary>
      ${shown ? html`<${Deliveries} name=${watcher.name} now=${now} />` : null}</details>
  </li>`;
}

function Deliveries({ name, now }) {
  const [known, setKnown] = useState(null);
  useEffect(() => {
    const asked = new AbortController();
    get(at`/v1/watchers/${name}/deliveries`, asked.signal)
      .then((page) => setKnown({ items: page.items ?? [] }))
      .catch((failed) => failed.name === 'AbortError' || setKnown({ items: [], problem: failed.message }));
    return () => asked.abort();
  }, [name, now]);
  if (!known) {
    return html`<p class="faint">reading…</p>`;
  }
  if (known.problem) {
    return html`<p class="problem">${known.problem}</p>`;
  }
  return known.items.length
    ? html`<ul class="tries">${known.items.slice(0, 10).map((one) => html`<li>
        <${Mark} is=${one.outcome === 'delivered' ? 'resolved' : 'error'} text=${`${words(one.outcome)}${one.status ? ` ${one.status}` : ''}`} />
        <span>${words(String(one.type ?? '').replace('io.faultline.', ''))}</span>
        <span class="faint">${one.attempt ? `try ${one.attempt}, ` : ''}${one.durationMillis !== undefined ? `${number(one.durationMillis)} ms, ` : ''}${one.time ? `${age(one.time, now)} ago` : ''}${one.error ? `, ${one.error}` : ''}</span></li>`)}</ul>`
    : html`<p class="faint">No tries are known.</p>`;
}
