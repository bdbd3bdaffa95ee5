// A closeness circle that can be drawn: people are moved by mouse, touch or keyboard, and every stop is saved.
// The drawing itself comes from the server; this moves its parts. It announces “person-chosen” and
// “person-moved”, and listens for “choose-person”.

const KEYS = { closer: 1 / 12, turn: 15 }; // a quarter of a ring; half an hour of a clock
const SAVE_AFTER = 600; // milliseconds without a move
const AGAIN = 5000; // milliseconds until a save that failed is tried again
const A_DRAG = 4; // pixels before a press becomes a drag
const MARKS = ["gives", "receives", "tension"];
const RINGS = ["closest", "close", "wider", "outside"];

for (const root of document.querySelectorAll("[data-circle]")) start(root);

function start(root) {
  const { geometry, rings, people, versions } = JSON.parse(root.querySelector("script").textContent);
  const svg = root.querySelector("svg.closeness");
  const form = root.querySelector("form[data-plain]");
  const part = (name) => root.querySelector(`[data-${name}]`);
  const places = new Map(people.map((p) => [p.id, p.place]));
  const names = new Map(people.map((p) => [p.id, p.name]));
  const history = [];
  let chosen = null;
  let home = null; // where the focused person stood when the focus came
  let looking = false;

  // ---- drawing -------------------------------------------------------------------------------------------------------
  const group = (id) => svg.querySelector(`[data-person="${id}"]`);
  const show = (element, on) => (on ? element.removeAttribute("display") : element.setAttribute("display", "none"));

  function point(place) {
    const out = within(place.radius) * geometry.unit;
    const turn = (place.angle * Math.PI) / 180;
    return { x: out * Math.sin(turn), y: -out * Math.cos(turn), out };
  }

  function draw(id, place) {
    const person = group(id);
    const tie = svg.querySelector(`[data-tie="${id}"]`);
    show(person, place);
    show(tie, place);
    if (!place) return;
    const { x, y, out } = point(place);
    person.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    person.setAttribute("aria-valuenow", Math.round(100 * (1 - place.radius / geometry.furthest)));
    person.setAttribute("aria-valuetext", inWords(place));
    hang(person.querySelector(".name"), x);
    const far = -(out - geometry.disc - 3);
    const line = tie.querySelector("line");
    tie.setAttribute("transform", `rotate(${place.angle.toFixed(2)})`);
    line.setAttribute("y2", far.toFixed(1));
    line.setAttribute("stroke", place.tension ? "#b23c26" : "#56636c");
    place.tension ? line.setAttribute("stroke-dasharray", "5 4") : line.removeAttribute("stroke-dasharray");
    show(tie.querySelector(".tip.in"), place.gives);
    show(tie.querySelector(".tip.out"), place.receives);
    tie.querySelector(".tip.out").setAttribute("transform", `translate(0 ${far.toFixed(1)})`);
  }

  // a name hangs outwards near the client, inwards at the edge
  function hang(name, x) {
    const [near, far] = geometry.outwards;
    const away = Math.abs(x) > geometry.inwards ? -1 : Math.abs(x) >= near && Math.abs(x) <= far ? 1 : 0;
    const way = away * Math.sign(x);
    name.setAttribute("text-anchor", ["end", "middle", "start"][way + 1]);
    for (const line of [name, ...name.children]) line.setAttribute("x", -way * geometry.disc);
  }

  function drawAll(of) {
    for (const id of places.keys()) draw(id, of.get(id));
    let waiting = 0;
    for (const item of root.querySelectorAll("[data-waiting]")) {
      item.hidden = looking || Boolean(places.get(item.dataset.waiting));
      waiting += item.hidden ? 0 : 1;
    }
    part("tray").hidden = !waiting;
  }

  const hourOf = (place) => Math.round(place.angle / 30) % 12 || 12;

  function inWords(place) {
    const [, ring] = rings.find(([edge]) => place.radius <= edge);
    const marks = [place.gives && "gives support", place.receives && "gets support", place.tension && "tension"];
    return [ring, `${hourOf(place)} o’clock`, ...marks.filter(Boolean)].join(", ");
  }

  const say = (text) => (part("said").textContent = text);
  function tell(id) {
    const where = places.get(id) ? inWords(places.get(id)) : "not placed yet";
    say(`${names.get(id)}: ${where}`);
    root.dispatchEvent(new CustomEvent("person-moved", { detail: { id, where } }));
  }

  function status(text, refused = false) {
    part("status").textContent = text;
    part("status").classList.toggle("refused", refused);
  }

  // ---- changing ------------------------------------------------------------------------------------------------------
  const within = (radius) => Math.min(Math.max(radius, geometry.nearest), geometry.furthest);
  const round = (angle) => ((angle % 360) + 360) % 360;

  function change(id, place) {
    history.push([id, places.get(id)]);
    put(id, place);
  }

  function put(id, place) {
    places.set(id, place);
    typeIn(id, place);
    drawAll(places);
    tell(id);
    showMarks();
    part("undo").disabled = !history.length;
    save.soon();
  }

  // the plain form says the same as the drawing, so that neither undoes the other
  function typeIn(id, place) {
    const field = (name) => form.elements[`${name}_${id}`];
    field("ring").value = place ? RINGS[rings.findIndex(([edge]) => place.radius <= edge)] : "";
    if (place) field("hour").value = hourOf(place);
    for (const mark of MARKS) field(mark).checked = Boolean(place && place[mark]);
  }

  function undo() {
    const last = history.pop();
    if (!last) return;
    put(...last);
    say(`Taken back. ${part("said").textContent}`);
  }

  function choose(id) {
    if (chosen) group(chosen).classList.remove("chosen");
    chosen = id;
    group(id).classList.add("chosen");
    showMarks();
  }

  function showMarks() {
    const place = chosen && !looking && places.get(chosen);
    part("marks").hidden = !place;
    if (!place) return;
    part("name").textContent = names.get(chosen);
    for (const box of part("marks").querySelectorAll("input")) box.checked = place[box.value];
  }

  // ---- saving --------------------------------------------------------------------------------------------------------
  const save = saver(root.dataset.save, form, status, () =>
    [...places].filter(([, place]) => place).map(([id, place]) => ({ ...place, relationship: id })),
  );
  save.saved = (answer) => {
    const now = { id: answer.circle, name: `now, ${answer.saved}`, moved: "", places: save.places() };
    const last = versions.at(-1);
    last && last.id === answer.circle ? versions.splice(-1, 1, { ...last, places: now.places }) : versions.push(now);
    showPlay();
  };

  // ---- pointer -------------------------------------------------------------------------------------------------------
  function under(event) {
    const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return p;
  }

  function dragged(event, id, holder, from) {
    if (looking || event.button) return;
    const grip = under(event);
    const stood = places.get(id);
    const offset = from ? { x: grip.x - from.x, y: grip.y - from.y } : { x: 0, y: 0 };
    const blank = { gives: false, receives: false, tension: false };
    let moved = null;
    holder.setPointerCapture(event.pointerId);
    const move = (e) => {
      const far = Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY);
      if (!moved && far < A_DRAG) return;
      root.classList.add("dragging");
      const p = under(e);
      const [x, y] = [p.x - offset.x, p.y - offset.y];
      const radius = Math.hypot(x, y) / geometry.unit;
      const angle = round((Math.atan2(x, -y) * 180) / Math.PI);
      moved = { ...(stood ?? blank), radius: within(radius), angle };
      // somebody from the tray who is let go far off the circle was not meant to be placed
      draw(id, stood || radius <= geometry.furthest * 1.1 ? moved : ((moved = { stay: true }), null));
    };
    const end = (e) => {
      for (const [name, listener] of listeners) holder.removeEventListener(name, listener);
      root.classList.remove("dragging");
      if (e.type === "pointercancel" || !moved || moved.stay) {
        draw(id, stood);
        return;
      }
      holder.dataset.dragged = "yes";
      change(id, moved);
      home = moved;
      if (!stood) group(id).focus();
    };
    const listeners = [["pointermove", move], ["pointerup", end], ["pointercancel", end]];
    for (const [name, listener] of listeners) holder.addEventListener(name, listener);
  }

  svg.addEventListener("pointerdown", (event) => {
    const person = event.target.closest(".person");
    if (!person) return;
    const place = places.get(person.dataset.person);
    if (!place) return;
    person.focus({ preventScroll: true });
    dragged(event, person.dataset.person, person, point(place));
  });

  // a finger on a person moves the person and not the page; touch-action alone does not hold on parts of a drawing
  const hold = (event) => !looking && event.target.closest(".person") && event.preventDefault();
  svg.addEventListener("touchstart", hold, { passive: false });

  // ---- keyboard ------------------------------------------------------------------------------------------------------
  function pressed(event, id) {
    const place = places.get(id);
    if (looking || !place || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = (radius, angle) => ({ ...place, radius: within(radius), angle: round(angle) });
    const next = {
      ArrowUp: () => to(place.radius - KEYS.closer, place.angle),
      ArrowDown: () => to(place.radius + KEYS.closer, place.angle),
      ArrowLeft: () => to(place.radius, place.angle - KEYS.turn),
      ArrowRight: () => to(place.radius, place.angle + KEYS.turn),
      PageUp: () => to(place.radius - 1 / 3, place.angle),
      PageDown: () => to(place.radius + 1 / 3, place.angle),
      Escape: () => home,
      Delete: () => null,
    }[event.key];
    if (!next) return;
    event.preventDefault();
    const place2 = next();
    if (place2 === place) return;
    change(id, place2);
    if (!place2) root.querySelector(`[data-waiting="${id}"] button`).focus();
  }

  // ---- versions ------------------------------------------------------------------------------------------------------
  const slider = part("play").querySelector("input");

  function showPlay() {
    const atEnd = slider.value === slider.max;
    slider.max = versions.length;
    if (atEnd) slider.value = versions.length;
    part("play").hidden = versions.length < 2;
    if (atEnd && versions.length) sayVersion(versions.at(-1));
  }

  function sayVersion(version) {
    part("moved").textContent = version.moved ? `${version.name}. ${version.moved}` : version.name;
    slider.setAttribute("aria-valuetext", part("moved").textContent);
  }

  function look() {
    const version = versions[slider.value - 1];
    looking = Number(slider.value) < versions.length;
    root.classList.toggle("looking", looking);
    root.classList.toggle("live", !looking);
    const then = new Map(version.places.map((p) => [p.relationship, p]));
    drawAll(looking ? then : places);
    showMarks();
    sayVersion(version);
    part("new").disabled = looking;
    part("undo").disabled = looking || !history.length;
    status(looking ? `You look at version ${slider.value} of ${versions.length}. Slide to the end to go on drawing.` : "");
  }

  let running = null;
  function run() {
    if (running) return stop();
    slider.value = 1;
    look();
    part("run").textContent = "Stop";
    running = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      look();
      if (slider.value === slider.max) stop();
    }, 1400);
  }
  function stop() {
    clearInterval(running);
    running = null;
    part("run").textContent = "Play";
  }

  // ---- all of it at once ---------------------------------------------------------------------------------------------
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "Closeness circle");
  root.classList.add("live");
  for (const { id, name, about } of people) {
    const person = group(id);
    const said = { tabindex: 0, role: "slider", "aria-label": `${name}, ${about}`, "aria-describedby": "circle-help" };
    for (const [key, value] of Object.entries({ ...said, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 })) {
      person.setAttribute(key, value);
    }
    person.addEventListener("keydown", (event) => pressed(event, id));
    person.addEventListener("focus", () => {
      home = places.get(id);
      choose(id);
      root.dispatchEvent(new CustomEvent("person-chosen", { detail: id, bubbles: true }));
    });
    trayButton(id, name);
  }
  drawAll(places);

  function trayButton(id, name) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("pointerdown", (event) => dragged(event, id, button));
    button.addEventListener("click", () => {
      if (button.dataset.dragged) return delete button.dataset.dragged;
      change(id, { radius: 5 / 6, angle: free(), gives: false, receives: false, tension: false });
      group(id).focus();
    });
    root.querySelector(`[data-waiting="${id}"]`).replaceChildren(button);
  }

  // the hour of the clock at which fewest people stand
  function free() {
    const hours = Array.from({ length: 12 }, (_, hour) => hour * 30);
    const near = (angle) => [...places.values()].filter((p) => p && Math.abs(((p.angle - angle + 540) % 360) - 180) < 25).length;
    return hours.reduce((best, angle) => (near(angle) < near(best) ? angle : best), 0);
  }

  for (const box of part("marks").querySelectorAll("input")) {
    box.addEventListener("change", () => change(chosen, { ...places.get(chosen), [box.value]: box.checked }));
  }
  part("off").addEventListener("click", () => change(chosen, null));
  part("undo").hidden = part("new").hidden = false;
  part("undo").addEventListener("click", undo);
  part("new").addEventListener("click", () => save.now({ new_version: "1" }));
  slider.addEventListener("input", () => (stop(), look()));
  part("run").addEventListener("click", run);
  root.addEventListener("choose-person", (event) => choose(event.detail));
  addEventListener("pagehide", () => save.flush());
  showPlay();
}

// Sends the places to the server: one at a time, the latest last.
function saver(address, form, status, places) {
  let timer = null;
  let busy = false;
  let again = null;
  const over = form.elements.over;

  const self = {
    places,
    saved: () => {},
    soon() {
      clearTimeout(timer);
      status("…");
      timer = setTimeout(() => self.now(), SAVE_AFTER);
    },
    flush() {
      if (timer) self.now();
    },
    async now(more = {}) {
      clearTimeout(timer);
      timer = null;
      if (busy) {
        again = { ...again, ...more };
        return;
      }
      busy = true;
      try {
        await send(more);
      } catch {
        status("Not saved: the workbench did not answer. It is tried again.", true);
        timer = setTimeout(() => self.now(more), AGAIN);
      } finally {
        busy = false;
      }
      if (again) {
        const next = again;
        again = null;
        await self.now(next);
      }
    },
  };

  async function send(more) {
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "kind", "respondent", "session"]) {
      if (form.elements[name]) body.set(name, form.elements[name].value);
    }
    body.set("over", over.value);
    body.set("placements", JSON.stringify(places()));
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true });
    if (answer.redirected || !(answer.headers.get("Content-Type") ?? "").includes("json")) {
      status("Not saved: you have been signed out. Load the page again to sign in, then make the last move once more.", true);
      return;
    }
    const said = await answer.json();
    if (!answer.ok) {
      status(`Not saved. ${said.refused}`, true);
      return;
    }
    over.value = said.over;
    status(`Saved ${said.saved}`);
    self.saved(said);
  }

  return self;
}
