// One fault: its way up as a tree, its time line, what was told; and what a person says about it.
import { useEffect, useMemo, useState } from './vendor/hooks.mjs';
import { at, get, post } from './api.js';
import { Dialog, Failure } from './dialog.js';
import { FaultButtons } from './faults.js';
import { dateAndTime, number, plural, range, ranges, timeOfDay, words } from './format.js';
import { html } from './html.js';
import { Glyph, Mark } from './marks.js';
import { app, chooseHost, close, onEvents, open, setBy, toast } from './model.js';
import { Refresh } from './refresh.js';
import { session } from './session.js';
import { showRange } from './strip.js';

const PAUSE_MILLIS = 1_000;

export function Fault({ id }) {
  const [known, setKnown] = useState(null);
  const [problem, setProblem] = useState(null);
  const refresh = useMemo(
    () => new Refresh(async (signal) => {
      try {
        const [fault, path] = await Promise.all([get(at`/v1/faults/${id}`, signal), get(at`/v1/faults/${id}/path`, signal)]);
        setKnown({ fault, path });
        setProblem(null);
      } catch (failed) {
        if (failed.name !== 'AbortError') {
          setProblem(failed);
          throw failed;
        }
      }
    }, PAUSE_MILLIS),
    [id],
  );
  useEffect(() => {
    refresh.ask();
    const stop = onEvents((events) => (events === null || events.some((one) => one.fault === id)) && refresh.ask());
    return () => {
      stop();
      refresh.stop();
    };
  }, [id]);
  return html`<${Dialog} wide title=${known ? `Fault on ${known.fault.device ?? 'an unknown device'}` : 'Fault'}>
    <${Failure} problem=${problem} />
    ${known ? html`<${Whole} fault=${known.fault} path=${known.path} />` : problem ? null : html`<p class="faint">reading…</p>`}
  <//>`;
}

function Whole({ fault, path }) {
  return html`<div class="facts">
      <${Mark} is=${fault.severity} text=${fault.severity} /><${Mark} is=${fault.state} text=${fault.state} />
      <span>${words(fault.cause)}</span><span>host ${fault.host}</span>
      <span>opened <time datetime=${fault.openedAt}>${dateAndTime(fault.openedAt)}</time></span>
      <span>${plural(fault.sectors, 'sector')}</span>
      <${FaultButtons} fault=${fault} back=${true} />
    </div>
    <div class="columns">
      <section aria-labelledby="way-up"><h3 id="way-up">Its way up</h3>
        ${path.path.length ? html`<ul class="tree">${path.path.map((node) => html`<${Node} node=${node} host=${fault.host} />`)}</ul>` : html`<p class="faint">Nothing is known of it yet.</p>`}
        ${path.count > path.path.length ? html`<p class="faint">${number(path.count - path.path.length)} more</p>` : null}</section>
      <section aria-labelledby="time-line"><h3 id="time-line">Time line</h3>
        <ol class="timeline">${fault.timeline.map((one) => html`<li><time datetime=${one.time}>${timeOfDay(one.time)}</time>
          <b>${words(one.what)}</b>${one.times > 1 ? ` ${number(one.times)} times, until ${timeOfDay(one.until)}` : ''}
          ${one.by ? html` by ${one.by}` : null}${one.reason ? html`: <q>${one.reason}</q>` : null}</li>`)}</ol>
        <h3>What was told</h3>
        <ol class="timeline events" tabindex="0" aria-label="What was told">${fault.events.slice(-40).map((one) => html`<li><time datetime=${one.time}>${timeOfDay(one.time)}</time>
          <${Mark} is=${one.severity} text=${words(one.type.replace('io.faultline.', ''))} /> <span class="faint">${one.source.split('/').at(-1)}</span></li>`)}</ol>
        ${fault.counts.events > fault.events.length ? html`<p class="faint">${number(fault.counts.events)} events in all</p>` : null}
        <p class="links"><a href=${at`/v1/faults/${fault.id}`}>as JSON</a> <a href=${at`/v1/faults/${fault.id}/path`}>way up as JSON</a>
          <a href=${`/v1/events?fault=${encodeURIComponent(fault.id)}`}>its events</a></p></section>
    </div>`;
}

const KINDS = { device: 'device', volume: 'volume', file: 'filesystem', metadata: 'filesystem', filesystem: 'filesystem', process: 'missing' };

function Node({ node, host }) {
  const children = node.children ?? [];
  return html`<li>
    <div class="node"><${Glyph} of=${KINDS[node.kind] ?? 'missing'} /><span>${inWords(node, host)}</span></div>
    ${children.length ? html`<ul>${children.map((one) => html`<${Node} node=${one} host=${host} />`)}
      ${node.count > children.length ? html`<li class="faint">${number(node.count - children.length)} more${node.more ? html`: <a href=${node.more}>all of them</a>` : null}</li>` : null}</ul>` : null}
  </li>`;
}

function inWords(node, host) {
  switch (node.kind) {
    case 'device':
      return html`device ${place(node.name, node.ranges, host)}${node.removed ? html` <${Mark} is="removed" text="removed" />` : null}`;
    case 'volume':
      return html`volume ${(node.effects ?? []).map((one) => html`${place(node.name, one.ranges, host)} <span class="faint">${words(one.effect)}</span> `)}`;
    case 'file':
      return html`file <b>${node.paths?.[0] ?? `inode ${node.inode}`}</b> ${(node.paths?.length ?? 0) > 1 ? `(${node.paths.length} names) ` : ''}${node.byteRanges.length ? html`bytes ${ranges(node.byteRanges)}` : 'nothing lost any more'}${node.fork && node.fork !== 'data' ? `, ${node.fork} fork` : ''} <span class="faint">${node.filesystem}</span>`;
    case 'metadata':
      return html`<b>${node.owner ?? words(node.effect)}</b> ${ranges(node.ranges)} <span class="faint">${words(node.effect)}, ${node.filesystem}</span>`;
    case 'filesystem':
      return html`filesystem <b>${node.filesystem}</b> ${words(node.effect)}${node.shutdownReason ? `: ${node.shutdownReason}` : ''}`;
    case 'process':
      return html`process <b>${node.pid}</b> ${node.signal ?? ''} ${node.code ?? ''} <span class="faint">${node.path ?? ''}</span>`;
    default:
      return html`${words(node.kind)} <b>${node.name ?? ''}</b>`;
  }
}

/** A link to where it is in the picture. */
function place(name, pairs, host) {
  if (!pairs?.length) {
    return html`<b>${name}</b>`;
  }
  const show = () => {
    close();
    if (app.value.host !== host) {
      chooseHost(host);
    }
    setTimeout(() => showRange(name, pairs[0], pairs[1]), 50);
  };
  return html`<b>${name}</b> <button type="button" class="link" onClick=${show} title="Show it in the picture">${range(pairs[0], pairs[1])}</button>${pairs.length > 2 ? ` and ${number(pairs.length / 2 - 1)} more` : ''}`;
}

const TITLES = { acknowledge: 'Acknowledge', resolve: 'Resolve' };
const EXPLAINED = {
  acknowledge: 'Says that somebody looks after it. It stays until it recovers or is resolved.',
  resolve: 'Says that it is done, by hand. It opens again if something more is lost to it.',
};

function Say({ what, fault, back }) {
  const [by, setName] = useState(session.value.required ? session.value.name : app.value.by);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const leave = () => (back ? open('fault', { id: fault.id }) : close());
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const said = { by: by.trim(), ...(reason.trim() ? { reason: reason.trim() } : {}) };
      await post(at`/v1/faults/${fault.id}` + `/${what}`, said);
      if (!session.value.required) {
        setBy(by.trim());
      }
      toast(`${fault.device ?? fault.id} ${what}d`);
      document.dispatchEvent(new Event('faultchange'));
      leave();
    } catch (failed) {
      setProblem(failed);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${`${TITLES[what]}: ${fault.device ?? fault.id} ${ranges(fault.ranges)}`}><form onSubmit=${submit}>
    <p>${EXPLAINED[what]}</p>
    <label>Your name <input type="text" name="by" required maxlength="128" autocomplete="name" value=${by} onInput=${(event) => setName(event.target.value)} /></label>
    <label>Reason <input type="text" name="reason" maxlength="1024" required=${what === 'resolve'} value=${reason} onInput=${(event) => setReason(event.target.value)} /></label>
    <${Failure} problem=${problem} />
    <footer class="buttons"><button type="button" onClick=${leave}>Cancel</button>
      <button type="submit" class="strong" disabled=${busy}>${TITLES[what]}</button></footer>
  </form><//>`;
}

export const Acknowledge = (about) => html`<${Say} what="acknowledge" ...${about} />`;
export const Resolve = (about) => html`<${Say} what="resolve" ...${about} />`;
