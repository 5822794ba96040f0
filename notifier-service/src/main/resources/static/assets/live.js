// What comes in: rates as a chart and the newest events.
import { useEffect, useRef, useState } from './vendor/hooks.mjs';
import uPlot from './vendor/uplot.mjs';
import { number, ranges, timeOfDay, words } from './format.js';
import { onFrame } from './frames.js';
import { html } from './html.js';
import { live, open, rates } from './model.js';
import { useStore } from './store.js';

const SECONDS = 120;
const LISTED = 14;
const LIST_PAUSE_MILLIS = 250;
const LAYERS = [['device', '--layer-device'], ['dm', '--layer-dm'], ['fs', '--layer-fs']];

export function Live() {
  return html`<section class="panel live" aria-labelledby="live-title">
    <header class="bar"><h2 id="live-title">Live</h2><${Total} /></header>
    <${Chart} />
    <${Newest} />
  </section>`;
}

function Total() {
  const total = useSlowly(() => live.value.total);
  return html`<span class="faint"><span class="total">${number(total)}</span> events since this page was opened</span>`;
}

/** A value of the stream, looked at four times a second at most. */
function useSlowly(read) {
  const [value, setValue] = useState(read);
  useEffect(() => {
    let timer = 0;
    const look = () => {
      timer = 0;
      setValue(read());
    };
    const stop = live.watch(() => {
      timer ||= setTimeout(look, LIST_PAUSE_MILLIS);
    });
    look();
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  return value;
}

function series() {
  const now = Math.floor(Date.now() / 1000);
  const times = Array.from({ length: SECONDS }, (_, i) => now - SECONDS + i);
  const bySecond = new Map(rates.map((one) => [one.second, one]));
  return [times, ...LAYERS.map(([name]) => times.map((second) => bySecond.get(second)?.[name] ?? 0))];
}

function Chart() {
  const box = useRef(null);
  const [said, setSaid] = useState('no events in the last two minutes');
  useEffect(() => {
    let plot = null;
    const draw = () => onFrame(() => {
      const data = series();
      plot?.setData(data);
      const last = data.slice(1).map((one) => one.at(-1));
      const peak = Math.max(...data[0].map((_, i) => data.slice(1).reduce((sum, one) => sum + one[i], 0)));
      setSaid(`last second ${LAYERS.map(([name], i) => `${name} ${number(last[i])}`).join(', ')}; at most ${number(peak)} a second`);
    });
    const make = () => {
      plot?.destroy();
      plot = new uPlot(options(box.current), series(), box.current);
    };
    make();
    const size = new ResizeObserver(() => onFrame(resize));
    const resize = () => plot.setSize({ width: box.current.clientWidth, height: 120 });
    size.observe(box.current);
    const timer = setInterval(draw, 1000);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', make);
    document.addEventListener('themechange', make);
    return () => {
      clearInterval(timer);
      size.disconnect();
      dark.removeEventListener('change', make);
      document.removeEventListener('themechange', make);
      plot.destroy();
    };
  }, []);
  return html`<figure class="chart"><div ref=${box} role="img" aria-label=${`Events a second by layer: ${said}`}></div>
    <figcaption><ul class="legend">${LAYERS.map(([name], i) => html`<li key=${name}><i class=${`swatch layer${i}`}></i>${name}</li>`)}</ul><span>${said}</span></figcaption></figure>`;
}

function options(box) {
  const style = getComputedStyle(box);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  return {
    width: box.clientWidth || 300,
    height: 120,
    padding: [8, 8, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: { y: { range: (_, low, high) => [0, Math.max(5, high * 1.1)] } },
    axes: [{ ...axis, size: 22, space: 80, values: (_, marks) => marks.map((second) => timeOfDay(second * 1000)) }, { ...axis, size: 44, space: 30 }],
    series: [{}, ...LAYERS.map(([name, tone], i) => ({ label: name, stroke: colour(tone), width: 1.5, dash: [[], [6, 3], [2, 2]][i], points: { show: false } }))],
  };
}

function Newest() {
  const recent = useSlowly(() => live.value.recent);
  if (!recent.length) {
    return html`<p class="empty">Nothing has been told since this page was opened.</p>`;
  }
  return html`<ol class="newest" aria-label="The newest events">${recent.slice(0, LISTED).map((event) => html`<li key=${event.id}>
    <time datetime=${event.time}>${timeOfDay(event.time)}</time>
    <span class=${`layer ${event.layer}`}>${event.layer}</span>
    <span class="what"><b>${event.name ?? ''}</b> ${words(event.type)} <span class="faint">${event.path ?? (event.ranges ? ranges(event.ranges) : event.reason ?? '')}</span></span>
    ${event.fault ? html`<button type="button" class="link" aria-label=${`The fault of ${words(event.type)} ${event.name}`} onClick=${() => open('fault', { id: event.fault })}>fault</button>` : html`<span></span>`}
  </li>`)}</ol>`;
}
