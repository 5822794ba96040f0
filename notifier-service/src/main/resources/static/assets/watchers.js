// Who is told, whether they take it, and what an administrator can do about it.
import { useEffect, useMemo, useState } from './vendor/hooks.mjs';
import { at, get, post, query } from './api.js';
import { Failure } from './dialog.js';
import { age, dateAndTime, moment, number, plural, words } from './format.js';
import { html } from './html.js';
import { Mark } from './marks.js';
import { app, onEvents } from './model.js';
import { Refresh } from './refresh.js';
import { useMay } from './session.js';
import { Needs } from './sign-in.js';
import { useStore } from './store.js';

const PAUSE_MILLIS = 4_000;
const LOOK_EVERY_MILLIS = 10_000;

/** Of a watcher, where the server keeps a hundred. */
const TRIES = 10;

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
  const changed = () => refresh.now();
  return html`<section class="panel watchers" aria-labelledby="watchers-title">
    <header class="bar"><h2 id="watchers-title">Watchers</h2></header>
    ${known.problem ? html`<p class="problem">${known.problem}</p>` : null}
    ${known.items?.length ? html`<${Needs} role="admin" to="pause, resume and test a watcher" />` : null}
    ${known.items === null ? null : known.items.length
      ? html`<ul class="watcher-list">${known.items.map((one) => html`<${Watcher} key=${one.name} watcher=${one} now=${now} changed=${changed} />`)}</ul>`
      : html`<p class="empty">Nobody has registered. <code>PUT /v1/watchers/ops</code> makes one.</p>`}
    ${known.next ? html`<p class="note">The first ${known.items.length} are shown.</p>` : null}
  </section>`;
}

/** The shape and the words for how it fares; whether it runs at all goes before how it runs. */
function health(watcher) {
  switch (watcher.state === 'active' ? watcher.health : watcher.state) {
    case 'paused':
      return ['paused', 'paused'];
    case 'disabled':
      return ['critical', 'disabled: its receiver wants no more (410)'];
    case 'failing':
      return ['error', `failing, ${plural(watcher.failures, 'try', 'tries')} in a row`];
    case 'behind':
      return ['warning', 'behind'];
    case 'ok':
      return ['ok', 'delivering'];
    default:
      return ['info', words(watcher.state)];
  }
}

function facts(watcher) {
  return [
    `${number(watcher.delivered ?? 0)} delivered`,
    watcher.waiting ? `${number(watcher.waiting)} waiting` : null,
    watcher.behind ? `${number(watcher.behind)} not read yet` : null,
    watcher.failed ? `${plural(watcher.failed, 'try', 'tries')} failed` : null,
    watcher.dead ? `${number(watcher.dead)} given up` : null,
    watcher.muted ? `${number(watcher.muted)} muted` : null,
    watcher.lastDelivered ? `last ${moment(watcher.lastDelivered)}` : null,
    watcher.nextTry ? `next try ${moment(watcher.nextTry)}` : null,
  ].filter((one) => one !== null).join(' · ');
}

function Watcher({ watcher, now, changed }) {
  const { name } = watcher;
  const [mark, text] = health(watcher);
  const [shown, setShown] = useState(false);
  return html`<li data-watcher=${name}>
    <div class="head"><h3>${name}</h3><span class="about">${watcher.sink.type}</span><${Mark} is=${mark} text=${text} /></div>
    <p class="sum address">${watcher.sink.url ?? watcher.sink.topic}</p>
    <p class="sum">${facts(watcher)}</p>
    ${watcher.lastError ? html`<p class="sum address">last error: ${watcher.lastError}</p>` : null}
    <${Do} watcher=${watcher} changed=${changed} />
    <details onToggle=${(event) => setShown(event.target.open)}><summary>Deliveries<span class="visually-hidden"> of ${name}</span></summary>
      ${shown ? html`<${Deliveries} name=${name} now=${now} known=${facts(watcher)} />` : null}</details>
  </li>`;
}

/** What an administrator may do, and how it went. */
function Do({ watcher, changed }) {
  const { name } = watcher;
  const may = useMay('admin');
  const [busy, setBusy] = useState('');
  const [problem, setProblem] = useState(null);
  const [tested, setTested] = useState(null);
  if (!may) {
    return null;
  }
  const call = async (what, then = () => {}) => {
    setBusy(what);
    setProblem(null);
    setTested(null);
    try {
      then(await post(at`/v1/watchers/${name}` + `/${what}`));
      changed();
    } catch (failed) {
      setProblem(failed);
    } finally {
      setBusy('');
    }
  };
  const button = (what, text, then) => html`<button type="button" aria-label=${`${text} ${name}`} disabled=${busy !== ''}
    onClick=${() => call(what, then)}>${busy === what ? 'Sending…' : text}</button>`;
  return html`<div class="actions" role="group" aria-label=${`Actions on watcher ${name}`}>
      ${watcher.state === 'active' ? button('pause', 'Pause') : button('resume', 'Resume')}
      ${button('test', 'Test', setTested)}
    </div>
    <div role="status">${tested ? html`<p class="try"><${Mark} is=${tested.outcome === 'delivered' ? 'resolved' : 'error'}
      text=${`test ${tested.outcome}${tested.status ? ` ${tested.status}` : ''}`} />
      <span class="faint">${number(tested.durationMillis)} ms${tested.error ? `, ${tested.error}` : ''}</span><${Answer} of=${tested} /></p>` : null}</div>
    <${Failure} problem=${problem} />`;
}

/** The beginning of what a receiver said, as text. */
function Answer({ of }) {
  return of.answer ? html`<code class="answer">${of.answer}</code>` : null;
}

/** @param known anything that changes when there is more to read */
function Deliveries({ name, now, known }) {
  const [page, setPage] = useState(null);
  useEffect(() => {
    const asked = new AbortController();
    get(at`/v1/watchers/${name}/deliveries` + query({ limit: TRIES }), asked.signal)
      .then(setPage)
      .catch((failed) => failed.name === 'AbortError' || setPage({ items: [], problem: failed }));
    return () => asked.abort();
  }, [name, now, known]);
  if (!page) {
    return html`<p class="faint">reading…</p>`;
  }
  if (page.problem) {
    return html`<${Failure} problem=${page.problem} />`;
  }
  return page.items.length
    ? html`<ol class="tries" tabindex="0" aria-label=${`The last tries of ${name}, the newest first`}>${page.items.map((one) => html`<li class="try" key=${`${one.event} ${one.attempt} ${one.time}`}>
        <${Mark} is=${OUTCOMES[one.outcome] ?? 'info'} text=${`${words(one.outcome)}${one.status ? ` ${one.status}` : ''}`} />
        <span>${words(one.type.replace('io.faultline.', ''))}</span>
        <span class="faint">${inWords(one, now)}</span><${Answer} of=${one} /></li>`)}</ol>`
    : html`<p class="faint">No tries are known.</p>`;
}

const OUTCOMES = { delivered: 'resolved', failed: 'error', dead: 'critical', disabled: 'critical', resync: 'warning' };

function inWords(one, now) {
  return html`${one.attempt ? `try ${one.attempt}, ` : ''}<time datetime=${one.time} title=${dateAndTime(one.time)}>${age(one.time, now)} ago</time>,
    ${' '}${number(one.durationMillis)} ms${one.error ? `, ${one.error}` : ''}${one.nextTry ? `, next try ${moment(one.nextTry)}` : ''}`;
}
