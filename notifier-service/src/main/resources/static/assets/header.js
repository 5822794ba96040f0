// The bar at the top: which host, whether it is live, how many faults, light or dark.
import { html } from './html.js';
import { Mark } from './marks.js';
import { app, chooseHost, live, remember, stack } from './model.js';
import { plural, timeOfDay } from './format.js';
import { Who } from './sign-in.js';
import { useStore } from './store.js';

const THEMES = { auto: 'as the system', light: 'light', dark: 'dark' };

export function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new Event('themechange'));
}

export function Header() {
  const hosts = useStore(app, (value) => value.hosts);
  const host = useStore(app, (value) => value.host);
  const theme = useStore(app, (value) => value.theme);
  const choose = (event) => {
    remember('theme', event.target.value);
    app.set({ theme: event.target.value });
    applyTheme(event.target.value);
  };
  return html`<header class="top">
    <h1><svg class="logo" viewBox="0 0 32 32" aria-hidden="true"><path d="M3 11h11l-3 5 5-1-2 6h15" /></svg>Faultline</h1>
    <label class="inline">Host <select name="host" value=${host} onChange=${(event) => chooseHost(event.target.value)}>
      ${(hosts ?? []).map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
      ${hosts?.includes(host) || !host ? null : html`<option value=${host}>${host}</option>`}</select></label>
    <${Counts} />
    <${Connection} />
    <${Who} />
    <label class="inline theme">Colours <select name="theme" value=${theme} onChange=${choose}>
      ${Object.entries(THEMES).map(([name, text]) => html`<option value=${name}>${text}</option>`)}</select></label>
  </header>`;
}

function Counts() {
  const faults = useStore(stack, (value) => value.topology?.faults);
  const open = faults?.open ?? 0;
  const acknowledged = faults?.acknowledged ?? 0;
  return html`<p class="counts" aria-label="Faults of this host">
    <${Mark} is=${open ? 'open' : 'ok'} text=${open ? plural(open, 'open fault') : 'no open fault'} />
    ${acknowledged ? html`<${Mark} is="acknowledged" text=${`${acknowledged} acknowledged`} />` : null}</p>`;
}

function Connection() {
  const state = useStore(live, (value) => value.state);
  const reason = useStore(live, (value) => value.reason);
  const since = useStore(live, (value) => value.since);
  const resyncAt = useStore(live, (value) => value.resyncAt);
  const shown = {
    live: ['ok', 'live'],
    connecting: ['info', 'connecting'],
    'signed out': ['off', 'signed out'],
    broken: ['critical', `disconnected since ${timeOfDay(since)}`],
  }[state];
  return html`<p class="connection" role="status" title=${reason}>
    <${Mark} is=${shown[0]} text=${shown[1]} />
    ${resyncAt ? html`<button type="button" class="resync" onClick=${() => live.set({ resyncAt: null })}
      title="Events were removed before they reached this page. What it shows was read again.">
      <${Mark} is="warning" text=${`gap at ${timeOfDay(resyncAt)}`} /></button>` : null}</p>`;
}
