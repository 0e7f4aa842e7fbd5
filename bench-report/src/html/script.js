'use strict';
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const FACETS = ['theme', 'format', 'rival', 'source'];

  // All that the reader chose is in the hash, so that an address says what is seen.
  let state = new URLSearchParams();
  const name = (it) => it.querySelector('summary span').textContent;
  const read = () => {
    const hash = location.hash.slice(1);
    const target = hash.includes('=') ? null : document.getElementById(hash);
    const at = target && target.closest('.case');
    // A link to a place leaves the rest of the state as it was.
    if (!target && hash !== '') state = new URLSearchParams(hash);
    if (at) state.set('case', name(at));
    if (target) write();
    return target;
  };
  const write = () => history.replaceState(null, '', '#' + state);
  const set = (key, value) => {
    if (value) state.set(key, value);
    else state.delete(key);
    write();
  };

  const controls = document.getElementById('controls');
  const offers = all('input[name=offer]');
  const cases = all('.case');
  const apply = () => {
    for (const facet of FACETS) {
      const select = controls.elements[facet];
      select.value = state.get(facet) || '';
      root.toggleAttribute('data-' + facet, false);
      if (select.value) root.dataset[facet] = select.value;
      else {
        select.value = '';
        state.delete(facet);
      }
    }
    const offer = offers.find((it) => it.value === state.get('offer'));
    if (offer) offer.checked = true;
    const [table, column, way] = (state.get('sort') || '').split('.').map(Number);
    if (tables[table]) sort(tables[table], column, way);
  };
  // Goes where a link led: to a case, which is opened, or to another place.
  const reveal = (target) => {
    const wanted = cases.find((it) => name(it) === state.get('case'));
    const place = target && !target.closest('.case') ? target : wanted;
    if (!place) return;
    if (place === wanted) {
      // What is asked for by name is shown, whatever was chosen before.
      if (!wanted.getClientRects().length) set('format', '');
      apply();
      wanted.open = true;
      wanted.querySelector('summary').focus({ preventScroll: true });
    }
    place.scrollIntoView({ behavior: 'instant' });
  };
  controls.hidden = false;
  controls.addEventListener('submit', (event) => event.preventDefault());
  controls.addEventListener('change', (event) => {
    set(event.target.name, event.target.value);
    apply();
  });
  offers.forEach((it) => it.addEventListener('change', () => set('offer', it.value)));

  // Tables are sorted by a column: numbers first, then words.
  const tables = all('table');
  const number = (text) => parseFloat(text.replace(/[,$]/g, ''));
  const sort = (table, column, way) => {
    const body = table.tBodies[0];
    const key = (row) => (row.cells[column] ? row.cells[column].textContent : '');
    const rows = [...body.rows];
    const named = column === 0 || rows.every((row) => Number.isNaN(number(key(row))));
    rows.sort((a, b) => {
      if (named) return way * key(a).localeCompare(key(b), 'en', { numeric: true });
      const [x, y] = [number(key(a)), number(key(b))];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return way * (x - y);
    });
    body.append(...rows);
    [...table.tHead.rows[0].cells].forEach((cell, at) => {
      if (at === column) cell.setAttribute('aria-sort', way > 0 ? 'ascending' : 'descending');
      else cell.removeAttribute('aria-sort');
    });
  };
  tables.forEach((table, index) => {
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      if (!cell.textContent) return;
      const button = make('button', { type: 'button', textContent: cell.textContent });
      cell.replaceChildren(button);
      button.addEventListener('click', () => {
        const way = cell.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
        sort(table, column, way);
        set('sort', [index, column, way].join('.'));
      });
    });
  });

  // What a mark says is its title. Shown here at once, and for the arrow keys as well.
  const tip = document.getElementById('tip');
  let shown = null;
  for (const mark of all('.mark')) {
    const title = mark.querySelector('title');
    mark.words = title.textContent;
    title.remove();
  }
  const hide = () => {
    if (shown) shown.classList.remove('at');
    shown = null;
    tip.hidden = true;
  };
  const show = (mark) => {
    hide();
    shown = mark;
    mark.classList.add('at');
    tip.textContent = mark.words;
    tip.hidden = false;
    const box = mark.getBoundingClientRect();
    const left = Math.min(box.right + 10, root.clientWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = Math.max(8, left) + 'px';
    tip.style.top = (above > 0 ? above : box.bottom + 8) + 'px';
  };
  document.addEventListener('pointerover', (event) => {
    const mark = event.target.closest('.mark');
    if (mark) show(mark);
    else if (shown && !shown.closest('svg.plot').matches(':focus-within')) hide();
  });
  // The mark whose link has the focus: it may have scrolled here, and its words come along.
  const held = () => document.activeElement.closest('.plot a')?.querySelector('.mark');
  const follow = () => (shown && shown === held() ? show(shown) : hide());
  document.addEventListener('scroll', follow, { passive: true });
  // A plot is one stop for the tab key; the arrows go from mark to mark, enter to the mark's case.
  for (const link of all('.plot a')) {
    link.tabIndex = -1;
    link.setAttribute('aria-label', link.querySelector('.mark').words);
  }
  for (const plot of all('svg.plot')) {
    const marks = () => all('.mark', plot).filter((it) => it.getClientRects().length);
    plot.tabIndex = 0;
    plot.addEventListener('focusout', hide);
    plot.addEventListener('keydown', (event) => {
      const list = marks();
      const at = list.indexOf(held() || shown);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === 'Escape') hide();
      if (!step || !list.length) return;
      event.preventDefault();
      const next = list[at < 0 ? (step > 0 ? 0 : list.length - 1) : (at + step + list.length) % list.length];
      const link = next.closest('a');
      if (link) link.focus();
      show(next);
    });
  }

  // Two pictures of a case can be laid over each other.
  const compare = (pictures) => {
    // The first is edgepix, the last its rival; the launcher's is the same as the first.
    const [under, over] = [all('img', pictures)[0], all('img', pictures).slice(1).pop()];
    if (!over || pictures.nextElementSibling.matches('.compare')) return;
    const box = make('div', { className: 'compare' });
    const stack = make('div', {});
    const slide = make('input', { type: 'range', min: 0, max: 100, value: 50 });
    slide.setAttribute('aria-label', 'Left of it the first picture, right of it the last');
    slide.addEventListener('input', () => stack.style.setProperty('--at', slide.value + '%'));
    stack.append(under.cloneNode(), over.cloneNode());
    box.append(make('p', { className: 'note', textContent: 'Slide to compare the first with the last.' }), stack, slide);
    pictures.after(box);
  };
  // What the tables know of a case, gathered in its detail: a column for each rival.
  const gather = (it) => {
    const inside = it.querySelector('div');
    if (inside.querySelector('table')) return;
    const [who, what] = [[], new Map()];
    for (const link of all(`tbody a[href="#${inside.id}"]`)) {
      const row = link.closest('tr');
      const heads = row.closest('table').tHead.rows[0].cells;
      for (let at = 1; at < row.cells.length; at++) {
        const [rival, ...rest] = heads[at].textContent.split(': ');
        if (!rest.length) continue;
        const thing = rest.join(': ');
        if (!who.includes(rival)) who.push(rival);
        if (!what.has(thing)) what.set(thing, new Map());
        what.get(thing).set(rival, row.cells[at].textContent);
      }
    }
    const table = make('table', {});
    const head = table.createTHead().insertRow();
    for (const name of ['', ...who]) head.append(make('th', { scope: 'col', textContent: name }));
    const body = table.createTBody();
    for (const [thing, values] of what) {
      const row = body.insertRow();
      row.append(make('th', { scope: 'row', textContent: thing }));
      for (const name of who) row.insertCell().textContent = values.get(name) || '\u2013';
    }
    const box = make('div', { className: 'scroll', tabIndex: 0 });
    box.append(table);
    inside.append(box);
  };
  for (const it of cases) {
    it.addEventListener('toggle', () => {
      if (it.open) gather(it);
      const pictures = it.querySelector('.pictures');
      if (it.open && pictures) compare(pictures);
      if (it.open) set('case', name(it));
      else if (state.get('case') === name(it)) set('case', '');
    });
  }

  const go = () => {
    const target = read();
    apply();
    reveal(target);
  };
  addEventListener('hashchange', go);
  go();
})();
