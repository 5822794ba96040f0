// Markup in template strings, without a build step. What is put into it is text, never markup.
import { Component, h } from './vendor/preact.mjs';
import htm from './vendor/htm.mjs';

export const html = htm.bind(h);

/** A component that is rendered again only when one of its properties is another. */
export function memo(render) {
  return class extends Component {
    shouldComponentUpdate(next) {
      const names = new Set([...Object.keys(this.props), ...Object.keys(next)]);
      return [...names].some((name) => this.props[name] !== next[name]);
    }

    render(props) {
      return h(render, props);
    }
  };
}
