// What an operator can do to a device. What would be hit is shown before anything is done.
import { useEffect, useState } from './vendor/hooks.mjs';
import { at, get, post, query, remove } from './api.js';
import { Dialog, Failure } from './dialog.js';
import { number, plural, range, ranges, words } from './format.js';
import { html } from './html.js';
import { hits } from './lights.js';
import { Mark } from './marks.js';
import { close, toast, topology } from './model.js';

const ASK_AFTER_MILLIS = 250;

const firstBad = (device) => device.badRanges?.slice(0, 2);

/** Sends, tells, closes; what goes wrong stays in the dialog. */
function useSending(send, tell) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      tell(await send());
      topology.ask();
      close();
    } catch (failed) {
      setProblem(failed);
      setBusy(false);
    }
  };
  return { problem, busy, submit };
}

/** What would be hit if this range, or the whole device, went bad. Nothing is changed by asking. */
function WhatIf({ host, device, sector, count, whole }) {
  const [known, setKnown] = useState(null);
  const asks = whole || (Number.isSafeInteger(sector) && Number.isSafeInteger(count) && sector >= 0 && count > 0);
  useEffect(() => {
    setKnown(null);
    if (!asks) {
      return undefined;
    }
    const asked = new AbortController();
    const timer = setTimeout(async () => {
      const part = whole ? {} : { sector, count };
      try {
        const [up, impact] = await Promise.all([
          whole ? null : get(at`/v1/hosts/${host}/block-devices/${device}/upward` + query(part), asked.signal),
          get(at`/v1/hosts/${host}/impact` + query({ device, ...part }), asked.signal),
        ]);
        setKnown({ volumes: up?.volumes ?? impact.volumes ?? [], ...hits(impact), filesystems: impact.filesystems ?? [] });
      } catch (failed) {
        if (failed.name !== 'AbortError') {
          setKnown({ problem: failed });
        }
      }
    }, ASK_AFTER_MILLIS);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [host, device, sector, count, whole]);
  return html`<section class="what-if" aria-label="What would be hit" aria-live="polite">
    <h3>What would be hit</h3>${asks ? answer(known) : html`<p class="faint">Say which sectors.</p>`}</section>`;
}

function answer(known) {
  if (known === null) {
    return html`<p class="faint">asking…</p>`;
  }
  if (known.problem) {
    return html`<${Failure} problem=${known.problem} />`;
  }
  if (!known.volumes.length && !known.filesystems.length) {
    return html`<p>Nobody stands there: nothing above would notice.</p>`;
  }
  return html`<ul class="hits">
    ${known.volumes.map((one) => html`<li><${Mark} is=${one.effect === 'redundancy_lost' ? 'warning' : 'error'} text=${words(one.effect)} /> volume <b>${one.volume}</b> ${ranges(one.ranges)}</li>`)}
    ${known.shutdowns.map((name) => html`<li><${Mark} is="critical" text="shuts down" /> filesystem <b>${name}</b></li>`)}
    ${known.owners.slice(0, 8).map((owner) => html`<li><${Mark} is=${owner.owner === 'free space' ? 'info' : 'error'} text=${owner.owner === 'inode' ? 'file' : owner.owner} />
      <b>${owner.paths?.[0] ?? (owner.inode ? `inode ${owner.inode}` : '')}</b> ${owner.fileOffsetBytes !== undefined ? `bytes ${range(owner.fileOffsetBytes, owner.lengthBytes)}` : range(owner.sector, owner.count)}</li>`)}
    ${known.owners.length > 8 || known.moreOwners ? html`<li class="faint">and ${known.moreOwners ? 'more' : number(known.owners.length - 8)} besides</li>` : null}
    ${known.processes.slice(0, 8).map((one) => html`<li><${Mark} is="warning" text="process" /> <b>${one.pid}</b> ${one.path}${one.signalledAtOnce ? ', signalled at once' : ''}</li>`)}
  </ul>`;
}

function Buttons({ busy, disabled, danger, text }) {
  return html`<footer class="buttons"><button type="button" onClick=${close}>Cancel</button>
    <button type="submit" class=${danger ? 'danger strong' : 'strong'} disabled=${busy || disabled}>${busy ? 'Sending…' : text}</button></footer>`;
}

function SectorFields({ device, part, setPart }) {
  const field = (name, text, least) => html`<label>${text}
    <input type="number" name=${name} required min=${least} max=${device.sectors ?? undefined} step="1" value=${part[name]}
      onInput=${(event) => setPart({ ...part, [name]: event.target.valueAsNumber })} /></label>`;
  return html`<div class="fields">${field('sector', 'First sector', 0)}${field('count', 'Sectors', 1)}
    <p class="faint">of ${number(device.sectors)}, 512 bytes each</p></div>`;
}

function Inject({ host, device, range: pointed }) {
  const [part, setPart] = useState({ sector: pointed?.[0] ?? 0, count: pointed?.[1] ?? 8 });
  const [latent, setLatent] = useState(false);
  const [seconds, setSeconds] = useState('');
  const { problem, busy, submit } = useSending(
    () => post(at`/v1/hosts/${host}/devices/${device.name}/faults`, {
      ...part,
      notify: !latent,
      ...(seconds ? { duration: `PT${seconds}S` } : {}),
    }),
    (made) => toast(`${latent ? 'Latent poison' : 'Poison'} in ${device.name}, ${plural(made.sectors, 'sector')}`, latent ? null : made.faultId),
  );
  return html`<${Dialog} title=${`Inject poison into ${device.name}`}><form onSubmit=${submit}>
    <${SectorFields} device=${device} part=${part} setPart=${setPart} />
    <label class="inline"><input type="checkbox" checked=${latent} onChange=${(event) => setLatent(event.target.checked)} /> latent: nobody is told until a scrub or a read finds it</label>
    <label>Heals by itself after, seconds <input type="number" min="1" step="1" placeholder="never" value=${seconds} onInput=${(event) => setSeconds(event.target.value)} /></label>
    <${WhatIf} host=${host} device=${device.name} ...${part} />
    <${Failure} problem=${problem} />
    <${Buttons} busy=${busy} text="Inject" />
  </form><//>`;
}

function Clear({ host, device, range: pointed }) {
  const bad = pointed ?? firstBad(device);
  const [part, setPart] = useState({ sector: bad?.[0] ?? 0, count: bad?.[1] ?? device.sectors ?? 8 });
  const { problem, busy, submit } = useSending(
    () => remove(at`/v1/hosts/${host}/devices/${device.name}/faults` + query(part)),
    (done) => toast(`Cleared in ${device.name}: ${plural(sum(done.cleared), 'sector')}${sum(done.notCleared) ? `; ${plural(sum(done.notCleared), 'sector')} still bad` : ''}`),
  );
  return html`<${Dialog} title=${`Clear poison of ${device.name}`}><form onSubmit=${submit}>
    <p>What is cleared can be used again and reads as zeros: <strong>what was in it stays lost.</strong> Only whole clear units inside the range are cleared.</p>
    <${SectorFields} device=${device} part=${part} setPart=${setPart} />
    <button type="button" onClick=${() => setPart({ sector: 0, count: device.sectors })}>The whole device</button>
    <${WhatIf} host=${host} device=${device.name} ...${part} />
    <${Failure} problem=${problem} />
    <${Buttons} busy=${busy} text="Clear" />
  </form><//>`;
}

function sum(flat = []) {
  return Array.isArray(flat) ? flat.reduce((total, value, i) => (i % 2 ? total + value : total), 0) : Number(flat) || 0;
}

function Scrub({ host, device }) {
  const [mode, setMode] = useState('full');
  const { problem, busy, submit } = useSending(
    () => post(at`/v1/hosts/${host}/devices/${device.name}/scrub`, { mode }),
    () => {
      toast(`Scrub of ${device.name} begun`);
      document.dispatchEvent(new CustomEvent('scrubstart', { detail: device.name }));
    },
  );
  return html`<${Dialog} title=${`Scrub ${device.name}`}><form onSubmit=${submit}>
    <p>Reads the device in the background. Latent poison that it meets becomes known and is told to everybody above; nothing is repaired.</p>
    <fieldset><legend>How much</legend>
      <label class="inline"><input type="radio" name="mode" checked=${mode === 'full'} onChange=${() => setMode('full')} /> all ${number(device.sectors)} sectors</label>
      <label class="inline"><input type="radio" name="mode" checked=${mode === 'short'} onChange=${() => setMode('short')} /> around what is known to be bad</label>
    </fieldset>
    <${Failure} problem=${problem} />
    <${Buttons} busy=${busy} text="Scrub" />
  </form><//>`;
}

const MODES = {
  planned: 'Announced: everybody above may finish until the deadline, then it goes.',
  surprise: 'Pulled out now: nobody is asked, every mapping dies at once.',
  orderly: 'Only if nobody stands on it; refused otherwise.',
};

function Unplug({ host, device }) {
  const [mode, setMode] = useState('planned');
  const [seconds, setSeconds] = useState(30);
  const [typed, setTyped] = useState('');
  const sure = typed === device.name;
  const { problem, busy, submit } = useSending(
    () => post(at`/v1/hosts/${host}/devices/${device.name}/unplug`, mode === 'planned' ? { mode, deadline: `PT${seconds}S` } : { mode }),
    () => toast(mode === 'planned' ? `${device.name} was told to leave` : `${device.name} is unplugged`),
  );
  return html`<${Dialog} danger title=${`Unplug ${device.name} of ${host}`}><form onSubmit=${submit}>
    <fieldset><legend>How</legend>${Object.entries(MODES).map(([name, text]) => html`<label class="inline" key=${name}>
      <input type="radio" name="mode" value=${name} checked=${mode === name} onChange=${() => setMode(name)} /> <span><b>${name}</b>: ${text}</span></label>`)}</fieldset>
    ${mode === 'planned' ? html`<label>Deadline, seconds <input type="number" min="1" step="1" required value=${seconds} onInput=${(event) => setSeconds(event.target.value)} /></label>` : null}
    <${WhatIf} host=${host} device=${device.name} whole=${true} />
    <label class="confirm">Type <b>${device.name}</b> to confirm
      <input type="text" name="confirm" autocomplete="off" autocapitalize="off" spellcheck=${false} value=${typed} onInput=${(event) => setTyped(event.target.value)} /></label>
    <${Failure} problem=${problem} />
    <${Buttons} busy=${busy} disabled=${!sure} danger text=${`Unplug ${device.name}`} />
  </form><//>`;
}

function Plug({ host, device }) {
  const { problem, busy, submit } = useSending(
    () => post(at`/v1/hosts/${host}/devices/${device.name}/plug`),
    () => toast(`${device.name} is plugged in`),
  );
  return html`<${Dialog} title=${`Plug ${device.name} in again`}><form onSubmit=${submit}>
    <p>It comes back with its data and its poison, as a new generation. All claims on it are dropped: what stood on it claims again when it is used next.</p>
    <${Failure} problem=${problem} />
    <${Buttons} busy=${busy} text="Plug" />
  </form><//>`;
}

export const ACTIONS = { inject: Inject, clear: Clear, scrub: Scrub, unplug: Unplug, plug: Plug };
